import { Link, useParams } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useChange, useList } from "../../api/queries.ts";
import { may, useSession } from "../../api/session.ts";
import { Button } from "../../components/button.tsx";
import { Confirm } from "../../components/confirm.tsx";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { LoadMore } from "../../components/load-more.tsx";
import { Loading } from "../../components/loading.tsx";
import { ManifestLink } from "../../parts/manifest-link.tsx";
import { Empty, Failure } from "../../components/notice.tsx";
import { PageHead } from "../../components/page-head.tsx";
import { Time } from "../../components/time.tsx";
import { toast } from "../../components/toasts.tsx";
import { withMissing } from "../../parts/undo-failure.ts";
import "./tag-history.css";
import { shortDigest } from "../../../contract/format.ts";
import type { TagChange } from "../../../contract/operations.ts";

const DATE = new Intl.DateTimeFormat(undefined, { dateStyle: "long", timeStyle: "short" });

/** Lists the changes of a tag, newest first: who moved it, from which manifest to which. The tag can be reverted to each. */
export function TagHistoryPage() {
  const { space, repository, tag } = useParams({
    from: "/signed-in/spaces/$space/repositories/$repository/tags/$tag/history",
  });
  const manages = may(useSession(), "manageSpace");
  const [goal, setGoal] = useState<TagChange | null>(null);
  const input = { path: { space }, query: { repository, tag, limit: 100 } };
  const list = useList("getHistory", input);
  const { items, isPending, error, retry } = list;
  const [newest] = items;
  const current = newest === undefined || newest.type === "tag.deleted" ? null : newest.digest;
  const columns = useMemo(
    () => columnsOf(space, repository, current, manages ? setGoal : null),
    [space, repository, current, manages],
  );
  return (
    <>
      <p>
        <Link to="/spaces/$space/repositories/$repository" params={{ space, repository }}>
          {repository}
        </Link>
      </p>
      <PageHead title={`History of ${tag}`} />
      {error && <Failure error={error} onRetry={retry} />}
      {isPending && <Loading what="the history" />}
      {!isPending && !error && items.length === 0 && (
        <Empty title="This tag has no history">
          <p>It was never pushed, or its history is older than the registry keeps.</p>
        </Empty>
      )}
      {items.length > 0 && (
        <>
          {current === null && <p className="muted">The tag is deleted. {manages && "Reverting it brings it back."}</p>}
          <div className="card card-table">
            <DataTable label={`History of ${tag}`} rows={items} rowId={({ id }) => id} columns={columns} />
          </div>
          <LoadMore list={list} />
        </>
      )}
      {goal && (
        <Revert
          space={space}
          repository={repository}
          tag={tag}
          current={current}
          goal={goal}
          onClose={() => setGoal(null)}
        />
      )}
    </>
  );
}

function columnsOf(
  space: string,
  repository: string,
  current: string | null,
  revertTo: ((change: TagChange) => void) | null,
): readonly Column<TagChange>[] {
  const link = (digest: string) => <ManifestLink space={space} repository={repository} digest={digest} />;
  return [
    {
      id: "what",
      title: "Change",
      cell: ({ type, digest, previousDigest }) => (
        <span className="tag-change">
          {type === "tag.deleted" && <>deleted, was {link(digest)}</>}
          {type === "tag.created" && <>created as {link(digest)}</>}
          {type === "tag.updated" && previousDigest === digest && <>pushed again as {link(digest)}</>}
          {type === "tag.updated" && previousDigest !== digest && (
            <>
              moved {previousDigest !== null && <>from {link(previousDigest)}</>} to {link(digest)}
            </>
          )}
        </span>
      ),
    },
    {
      id: "when",
      title: "When",
      align: "end",
      cell: ({ at, actor }) => (
        <>
          <Time at={at} />
          <div className="change-more">by {actor.name}</div>
        </>
      ),
    },
    {
      id: "undo",
      title: revertTo === null ? "Now" : "Undo",
      align: "end",
      cell: (change) => <Way change={change} current={current} revertTo={revertTo} />,
    },
  ];
}

interface WayProps {
  readonly change: TagChange;
  readonly current: string | null;
  /** Reverts the tag to a change; null if the user may not. */
  readonly revertTo: ((change: TagChange) => void) | null;
}

function Way({ change, current, revertTo }: WayProps) {
  if (change.digest === current) return <span className="badge">what it is now</span>;
  if (change.content === "gone") return <span className="muted">no longer stored</span>;
  if (revertTo === null) return null;
  return (
    <Button onClick={() => revertTo(change)} aria-label={`Revert to ${shortDigest(change.digest)}`}>
      Revert
    </Button>
  );
}

interface RevertProps {
  readonly space: string;
  readonly repository: string;
  readonly tag: string;
  readonly current: string | null;
  readonly goal: TagChange;
  readonly onClose: () => void;
}

function Revert({ space, repository, tag, current, goal, onClose }: RevertProps) {
  const revert = useChange("revert", ["getHistory", "listRepositoryTags", "listDeletedTags", "listDeletedManifests"]);
  const to = shortDigest(goal.digest);
  return (
    <Confirm
      isOpen
      onClose={onClose}
      title={`Revert ${tag} to ${to}?`}
      action={`Revert to ${to}`}
      look="primary"
      onConfirm={async () => {
        await withMissing(revert.mutateAsync({ path: { space }, body: { repository, tag, to: goal.digest } }));
        toast(`Reverted ${tag} to ${to}`);
      }}
    >
      <p>
        {current === null ? `The tag ${tag} does not exist now. ` : `${tag} now points to ${shortDigest(current)}. `}
        Reverting points it to what {goal.actor.name} pushed on {DATE.format(new Date(goal.at))}.
      </p>
      {goal.content === "deleted" && <p>Its content was deleted and is restored with it.</p>}
      <p>A revert counts as a push: matching triggers fire.</p>
    </Confirm>
  );
}
