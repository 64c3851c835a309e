import { shortDigest } from "../../cli/output/format.ts";
import { CopyButton } from "./copy-button.tsx";
import { PathLink } from "./path-link.tsx";

/** A manifest, within a space. */
interface ManifestAddress {
  readonly space: string;
  /** The repository's path. */
  readonly repository: string;
  readonly digest: string;
}

export function manifestPath({ space, repository, digest }: ManifestAddress): string {
  return `/spaces/${space}/repositories/${encodeURIComponent(repository)}/manifests/${encodeURIComponent(digest)}`;
}

/** Enough of a manifest's digest to tell it from others, as a link to its page; and all of it to copy. */
export function ManifestLink(address: ManifestAddress) {
  return (
    <span className="digest">
      <PathLink path={manifestPath(address)}>
        <code title={address.digest}>{shortDigest(address.digest)}</code>
      </PathLink>
      <CopyButton text={address.digest} what={`digest ${shortDigest(address.digest)}`} />
    </span>
  );
}
