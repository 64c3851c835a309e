import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { shortDigest } from "../../contract/format.ts";

interface ReferenceLinkProps {
  readonly space: string;
  readonly repository: string;
  /** A tag or a digest. */
  readonly reference: string;
  /** Instead of the reference itself. */
  readonly children?: ReactNode;
  /** The part of the page that it leads to, where it is not the first. */
  readonly view?: string;
}

/** To a manifest's page. */
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
