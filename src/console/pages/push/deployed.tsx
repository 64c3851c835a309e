import type { Delivery, Event } from "../../../contract/operations.ts";
import { useList } from "../../api/queries.ts";
import { givenWords } from "../../parts/deployed-words.ts";
import { TargetLink, useDeployment } from "../../parts/deployment.tsx";
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

/** Lists the targets that took a push, and tells for each whether it has since received another push of the repository. */
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
    query: { target, repository: data.repository, current: "true", limit: 1 },
  });
  if (error) return <Failure error={error} onRetry={retry} />;
  if (isPending) return <Loading what="what it received last" />;
  const [now] = items;
  const isThis = now?.digest === data.digest;
  // A target that only notifies is known to have been told, and no more.
  const words = givenWords({ current: isThis || now === undefined, followed: now?.followed ?? false });
  return (
    <>
      <Status tone={isThis ? "good" : "quiet"}>{words}</Status>
      <span>
        <TargetLink space={space} id={target} deployment={deployment} />{" "}
        {now && (
          <span className="reason">
            {isThis ? "since" : `${now.followed ? "runs" : "was then told of"} ${now.tag}`}{" "}
            {!isThis && <Digest digest={now.digest} />} <Time at={now.deployedAt} />
          </span>
        )}
      </span>
    </>
  );
}
