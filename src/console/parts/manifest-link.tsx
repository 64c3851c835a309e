import { shortDigest } from "../../contract/format.ts";
import { CopyButton } from "../components/copy-button.tsx";
import { ReferenceLink } from "./reference-link.tsx";

interface ManifestLinkProps {
  readonly space: string;
  /** The repository's path. */
  readonly repository: string;
  readonly digest: string;
}

/** Enough of a manifest's digest to tell it from others, as a link to its page; and all of it to copy. */
export function ManifestLink({ space, repository, digest }: ManifestLinkProps) {
  return (
    <span className="digest">
      <ReferenceLink space={space} repository={repository} reference={digest} />
      <CopyButton text={digest} what={`digest ${shortDigest(digest)}`} />
    </span>
  );
}
