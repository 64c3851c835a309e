import { shortDigest } from "../../contract/format.ts";
import { formatBytes } from "../../oci/size.ts";
import { CopyButton } from "./copy-button.tsx";

/** As the command line shows them; the exact number as title. */
export function Bytes({ count }: { readonly count: number }) {
  return <span title={`${count.toLocaleString()} bytes`}>{formatBytes(count)}</span>;
}

/** Enough of a digest to tell it from others, and all of it to copy. */
export function Digest({ digest }: { readonly digest: string }) {
  return (
    <span className="digest">
      <code title={digest}>{shortDigest(digest)}</code>
      <CopyButton text={digest} what="digest" />
    </span>
  );
}
