import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { shortDigest } from "../../contract/format.ts";

interface ReferenceLinkProps {
  readonly space: string;
  readonly repository: string;
  /** A tag or a digest. */
  readonly reference: string;
  /** The link's content, in place of the reference itself. */
  readonly children?: ReactNode;
  /** The tab of the page to open, if not the first. */
  readonly view?: string;
}

/** Links to a manifest's page. */
export function ReferenceLink({ space, repository, reference, children, view }: ReferenceLinkProps) {
  return (
    <Link
      to="/spaces/$space/repositories/$repository/manifests/$reference"
      params={{ space, repository, reference }}
      search={{ view }}
      title={reference}
    >
      {children ?? (reference.includes(":") ? <code>{shortDigest(reference)}</code> : reference)}
    </Link>
  );
}
