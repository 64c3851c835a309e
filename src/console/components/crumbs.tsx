import { Link } from "@tanstack/react-router";

/** The way back to the repository that a page is about a part of. */
export function RepositoryCrumb({ space, repository }: { readonly space: string; readonly repository: string }) {
  return (
    <nav aria-label="Breadcrumb" className="crumbs">
      <Link to="/spaces/$space/repositories/$repository" params={{ space, repository }}>
        {repository}
      </Link>
    </nav>
  );
}
