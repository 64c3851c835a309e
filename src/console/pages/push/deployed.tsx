import type { Delivery, Event } from "../../../cli/management/operations.ts";
import { useList } from "../../api/queries.ts";
import { TargetLink, useDeployment } from "../../components/deployment.tsx";
import { Loading } from "../../components/loading.tsx";
import { Failure } from "../../components/notice.tsx";
import { Status } from "../../components/status.tsx";
import { Time } from "../../components/time.tsx";
import { Digest } from "../../components/values.tsx";

interface DeployedWhereProps {
  readonly space: string;
  readonly event: Event;
  readonly deliveries: readonly Delivery[];
}

/** The targets that took a push, and whether they run it now or something newer. */
export function DeployedWhere({ space, event, deliveries }: DeployedWhereProps) {
  const delivered = deliveries.filter(({ status }) => status === "delivered");
  const targets = new Set(delivered.map(({ target }) => target));
  if (targets.size === 0) return <p className="muted">No target has taken it.</p>;
  return (
    <ul className="verdicts card">
      {[...targets].map((target) => (
        <li key={target}>
          <DeployedAt space={space} event={event} target={target} />
        </li>
      ))}
    </ul>
  );
}

function DeployedAt({
  space,
  event: { data },
  target,
}: Pick<DeployedWhereProps, "space" | "event"> & { readonly target: string }) {
  const deployment = useDeployment(space);
  const { items, isPending, error, retry } = useList("listDeployed", {
    path: { space },
    query: { target, limit: 1000 },
  });
  // The newest of them comes first.
  const now = items.find(({ repository, tag }) => repository === data.repository && tag === data.tag);
  if (error) return <Failure error={error} onRetry={retry} />;
  if (isPending) return <Loading what="what it runs" />;
  const isThis = now?.digest === data.digest;
  return (
    <>
      <Status tone={isThis ? "good" : "quiet"}>{isThis ? "runs it" : "ran it"}</Status>
      <span>
        <TargetLink space={space} id={target} deployment={deployment} />{" "}
        {now && (
          <span className="reason">
            {isThis ? "since" : "was given"} {!isThis && <Digest digest={now.digest} />} <Time at={now.deployedAt} />
          </span>
        )}
      </span>
    </>
  );
}
