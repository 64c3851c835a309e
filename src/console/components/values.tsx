import { shortDigest } from "../../contract/format.ts";
import { formatBytes } from "../../oci/size.ts";
import { CopyButton } from "./copy-button.tsx";

/** Shows a size as the command line does; the title has the exact number. */
export function Bytes({ count }: { readonly count: number }) {
  return <span title={`${count.toLocaleString()} bytes`}>{formatBytes(count)}</span>;
}

/** Shows enough of a digest to tell it from others, and copies all of it. */
export function Digest({ digest }: { readonly digest: string }) {
  return (
    <span className="digest">
      <code title={digest}>{shortDigest(digest)}</code>
      <CopyButton text={digest} what="digest" />
    </span>
  );
}
