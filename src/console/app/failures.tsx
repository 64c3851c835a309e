import { type ErrorComponentProps, useRouter } from "@tanstack/react-router";
import { LinkButton } from "../components/button.tsx";
import { Failure } from "../components/notice.tsx";
import { PageHead } from "../components/page-head.tsx";
import { Header } from "./header.tsx";
import { Main } from "./main-area.tsx";

/** Stands in for a page that cannot be shown: tells the error, and offers to try again. */
export function PageFailure({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  const retry = (): void => {
    reset();
    void router.invalidate();
  };
  return (
    <>
      <PageHead title="This page could not be shown" />
      <Failure error={error instanceof Error ? error : new Error(String(error))} onRetry={retry} />
    </>
  );
}

/** Stands in for every page if even the session cannot be loaded. The header stays, as the way back. */
export function WholePageFailure(props: ErrorComponentProps) {
  return (
    <>
      <Header />
      <Main>
        <PageFailure {...props} />
      </Main>
    </>
  );
}

/** Tells that no page has this address, outside of the pages behind the sign-in. */
export function WholePageNotFound() {
  return (
    <>
      <Header />
      <Main>
        <NotFoundPage />
      </Main>
    </>
  );
}

export function NotFoundPage() {
  return (
    <>
      <PageHead title="Page not found" />
      <p>The page may have been deleted or renamed, or the link may be incomplete.</p>
      <p>
        <LinkButton to="/">Go to the start page</LinkButton>
      </p>
    </>
  );
}
