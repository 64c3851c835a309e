import { useSession } from "../api/session.ts";
import { LinkButton } from "../components/button.tsx";
import { PageHead } from "../components/page-head.tsx";
import { PatternList } from "../components/pattern-list.tsx";

interface ClosedPageProps {
  readonly space: string;
  /**
   * The repository that the page is about, if the token does not cover it; null if the page is for managers of the
   * space.
   */
  readonly repository: string | null;
}

/** Tells a token's user that they may not look here. The page asks the API for nothing, so it reveals nothing. */
export function ClosedPage({ space, repository }: ClosedPageProps) {
  const { token } = useSession();
  return (
    <>
      <PageHead title="This token cannot open the page" />
      <div className="section">
        {repository === null ? (
          <p>
            Only administrators of {space} can open this page. The token “{token?.name}” lacks the action{" "}
            <code>admin</code>.
          </p>
        ) : (
          <p>
            The token “{token?.name}” does not cover {repository}: it is for{" "}
            <PatternList patterns={token?.repositories ?? []} />.
          </p>
        )}
        <p>If you need access, ask the person who gave you the token.</p>
        <p>
          <LinkButton to="/spaces/$space" params={{ space }}>
            Go to the repositories
          </LinkButton>
        </p>
      </div>
    </>
  );
}
