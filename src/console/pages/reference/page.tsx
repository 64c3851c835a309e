import { useQuery } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { Header } from "../../app/header.tsx";
import { Main } from "../../app/main-area.tsx";
import { SearchField } from "../../components/field.tsx";
import { Loading } from "../../components/loading.tsx";
import { Failure } from "../../components/notice.tsx";
import { PageHead } from "../../components/page-head.tsx";
import { type Reference, referenceQuery, type Route, subjectOf } from "./document.ts";
import { OperationView } from "./operation-view.tsx";
import "./reference.css";

/** Shows the management API's reference, made from its OpenAPI document. It needs no sign-in. */
export function ReferencePage() {
  const { data, error, isPending, refetch } = useQuery(referenceQuery);
  return (
    <>
      <Header />
      <Main>
        <PageHead title="The API">
          <a href="/api/v1/openapi.json">OpenAPI document</a>
        </PageHead>
        <p className="reference-lead">
          This console uses the same API. Send a token with the action <code>admin</code> in its space, or{" "}
          <code>ADMIN_TOKEN</code>, as <code>Authorization: Bearer</code>. Lists come in pages: <code>next</code> is the{" "}
          <code>cursor</code> of the following one. Errors are problem details (RFC 9457) with a <code>code</code> and a
          sentence.
        </p>
        {error && <Failure error={error} onRetry={() => void refetch()} />}
        {isPending && <Loading what="the reference" />}
        {data && <Operations reference={data} />}
      </Main>
    </>
  );
}

function Operations({ reference }: { readonly reference: Reference }) {
  const [search, setSearch] = useState("");
  const wanted = search.trim().toLowerCase();
  const found = reference.routes.filter(({ operationId, path, summary, method }) =>
    `${operationId} ${method} ${path} ${summary}`.toLowerCase().includes(wanted),
  );
  const groups = [...Map.groupBy(found, subjectOf)];
  const router = useRouter();
  useEffect(() => {
    // The browser looked for the named operation before it was rendered, and the router may afterwards scroll the page
    // to its top.
    showNamed();
    return router.subscribe("onRendered", showNamed);
  }, [router]);
  return (
    <>
      <div className="toolbar">
        <SearchField label="Search the operations" value={search} onChange={setSearch} />
        <output className="muted">{found.length}</output>
      </div>
      <nav className="reference-nav" aria-label="Subjects">
        {groups.map(([subject]) => (
          <a key={subject} href={`#about-${subject}`} className="badge">
            {subject}
          </a>
        ))}
      </nav>
      <div className="stack">
        {groups.map(([subject, routes]) => (
          <Group key={subject} subject={subject} routes={routes} reference={reference} />
        ))}
      </div>
    </>
  );
}

/** Scrolls to the operation that the address names, if any. */
function showNamed(): void {
  if (location.hash !== "") document.querySelector(`#${CSS.escape(location.hash.slice(1))}`)?.scrollIntoView();
}

interface GroupProps {
  readonly subject: string;
  readonly routes: readonly Route[];
  readonly reference: Reference;
}

function Group({ subject, routes, reference }: GroupProps) {
  return (
    <section className="section" aria-labelledby={`about-${subject}`}>
      <h2 id={`about-${subject}`} className="reference-subject">
        {subject}
      </h2>
      {routes.map((route) => (
        <OperationView key={route.operationId} route={route} reference={reference} />
      ))}
    </section>
  );
}
