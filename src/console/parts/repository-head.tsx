import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { operationQuery, REFRESH_EVERY } from "../api/queries.ts";
import { may, useSession } from "../api/session.ts";
import { PageHead } from "../components/page-head.tsx";
import { Time } from "../components/time.tsx";
import { Bytes } from "../components/values.tsx";
import "./repository-head.css";

interface RepositoryHeadProps {
  readonly space: string;
  /** The repository's path. */
  readonly repository: string;
  /** The name of the last pusher, shown after the time of the last push. */
  readonly pushedBy?: ReactNode;
}

/** Heads each page of a repository: its name, its facts, and links to its other pages. */
export function RepositoryHead({ space, repository, pushedBy }: RepositoryHeadProps) {
  const query = operationQuery("getRepository", { path: { space, name: repository } });
  const { data } = useQuery({ ...query, refetchInterval: REFRESH_EVERY });
  const manages = may(useSession(), "manageSpace");
  return (
    <>
      <PageHead title={repository} />
      <p className="repository-facts muted">
        {data && (
          <>
            {data.public && <span className="badge">public</span>}
            <span>{count(data.tags, "tag")}</span>
            <span>
              <Bytes count={data.bytes} />
            </span>
            {data.pushedAt !== null && (
              <span>
                last push <Time at={data.pushedAt} />
                {pushedBy}
              </span>
            )}
          </>
        )}
      </p>
      {manages && <RepositoryNav space={space} repository={repository} />}
    </>
  );
}

function RepositoryNav(params: Pick<RepositoryHeadProps, "space" | "repository">) {
  return (
    <nav className="page-nav repository-nav" aria-label={`Repository ${params.repository}`}>
      <Link to="/spaces/$space/repositories/$repository" params={params} activeOptions={EXACT}>
        Tags
      </Link>
      <Link to="/spaces/$space/repositories/$repository/deleted" params={params}>
        Recently deleted
      </Link>
      <Link to="/spaces/$space/repositories/$repository/settings" params={params}>
        Settings
      </Link>
    </nav>
  );
}

const EXACT = { exact: true, includeSearch: false };

/** Counts things in words: "1 tag" and "1,234 tags". */
export function count(number: number, what: string): string {
  return `${number.toLocaleString()} ${what}${number === 1 ? "" : "s"}`;
}
