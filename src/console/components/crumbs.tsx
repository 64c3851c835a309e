import { Link } from "@tanstack/react-router";

/** A link back to the repository, for pages about a part of it. */
export function RepositoryCrumb({ space, repository }: { readonly space: string; readonly repository: string }) {
  return (
    <nav aria-label="Breadcrumb" className="crumbs">
      <Link to="/spaces/$space/repositories/$repository" params={{ space, repository }}>
        {repository}
      </Link>
    </nav>
  );
}
