import { shortDigest } from "../../contract/format.ts";
import { CopyButton } from "../components/copy-button.tsx";
import { ReferenceLink } from "./reference-link.tsx";

interface ManifestLinkProps {
  readonly space: string;
  /** The repository's path. */
  readonly repository: string;
  readonly digest: string;
}

/** Links to a manifest's page by enough of its digest to tell it from others, and copies all of it. */
export function ManifestLink({ space, repository, digest }: ManifestLinkProps) {
  return (
    <span className="digest">
      <ReferenceLink space={space} repository={repository} reference={digest} />
      <CopyButton text={digest} what={`digest ${shortDigest(digest)}`} />
    </span>
  );
}
