import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import type { DeliveryDetail } from "../../../contract/operations.ts";
import { operationQuery, REFRESH_EVERY, useChange } from "../../api/queries.ts";
import { Button } from "../../components/button.tsx";
import { DeliveryStatus, pushName, TargetLink, TriggerLink, useDeployment } from "../../parts/deployment.tsx";
import { Facts } from "../../components/facts.tsx";
import { LinkedText } from "../../components/linked-text.tsx";
import { Loading } from "../../components/loading.tsx";
import { Failure } from "../../components/notice.tsx";
import { PageHead } from "../../components/page-head.tsx";
import { Time } from "../../components/time.tsx";
import { toast } from "../../components/toasts.tsx";
import { Attempts } from "./attempts.tsx";
import { Redeliver } from "./redeliver.tsx";

/** Shows one delivery: its state, its attempts, and a way to send it again. */
export function DeliveryPage() {
  const { space, delivery: id } = useParams({ from: "/signed-in/spaces/$space/deliveries/$delivery" });
  const query = useQuery({
    ...operationQuery("getDelivery", { path: { space, id } }),
    refetchInterval: REFRESH_EVERY,
  });
  const cancel = useChange("cancelDelivery", ["getDelivery", "listDeliveries"]);
  const { data: delivery, error } = query;
  return (
    <>
      <PageHead title={delivery === undefined ? "Delivery" : `Delivery of ${pushName(space, delivery)}`}>
        {delivery && (delivery.status === "pending" || delivery.status === "running") && (
          <Button
            isBusy={cancel.isPending}
            onClick={() => cancel.mutate({ path: { space, id } }, { onSuccess: () => toast("Canceled the delivery") })}
          >
            Cancel
          </Button>
        )}
        {delivery && <Redeliver space={space} delivery={delivery} />}
      </PageHead>
      {cancel.error && <Failure error={cancel.error} />}
      {error && <Failure error={error} onRetry={() => void query.refetch()} />}
      {query.isPending && <Loading what="the delivery" />}
      {delivery && (
        <div className="sections">
          <section className="card" aria-label="How it stands">
            <State space={space} delivery={delivery} />
          </section>
          <Attempts attempts={delivery.attempts} />
        </div>
      )}
    </>
  );
}

function State({ space, delivery }: { readonly space: string; readonly delivery: DeliveryDetail }) {
  const deployment = useDeployment(space);
  const { id, event, trigger, target, status, reason, createdAt, finishedAt, nextAttemptAt } = delivery;
  return (
    <Facts
      facts={{
        State: <DeliveryStatus status={status} />,
        Why: reason === null ? null : <LinkedText text={reason} />,
        "Next attempt": status === "pending" && nextAttemptAt !== null ? <Time at={nextAttemptAt} /> : null,
        "Asked again": status === "running" && nextAttemptAt !== null ? <Time at={nextAttemptAt} /> : null,
        Push: (
          <Link to="/spaces/$space/pushes/$event" params={{ space, event }}>
            {pushName(space, delivery)}
          </Link>
        ),
        Trigger: <TriggerLink space={space} id={trigger} deployment={deployment} />,
        Target: <TargetLink space={space} id={target} deployment={deployment} />,
        Made: <Time at={createdAt} />,
        Ended: finishedAt === null ? null : <Time at={finishedAt} />,
        Id: <code>{id}</code>,
      }}
    />
  );
}
