import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import type { Delivery } from "../../contract/operations.ts";
import { type Column, DataTable } from "../components/data-table.tsx";
import { DeliveryStatus, pushName, TargetLink, TriggerLink, useDeployment } from "./deployment.tsx";
import { LinkedText } from "../components/linked-text.tsx";
import { Time } from "../components/time.tsx";

interface DeliveriesTableProps {
  readonly space: string;
  readonly label: string;
  readonly deliveries: readonly Delivery[];
}

export function DeliveriesTable({ space, label, deliveries }: DeliveriesTableProps) {
  const deployment = useDeployment(space);
  const columns = useMemo(() => columnsOf(space, deployment), [space, deployment]);
  return (
    <div className="card card-table">
      <DataTable label={label} rows={deliveries} rowId={({ id }) => id} columns={columns} />
    </div>
  );
}

function columnsOf(space: string, deployment: ReturnType<typeof useDeployment>): readonly Column<Delivery>[] {
  return [
    {
      id: "push",
      title: "Push",
      cell: (delivery) => (
        <>
          <Link
            to="/spaces/$space/deliveries/$delivery"
            params={{ space, delivery: delivery.id }}
            className="cell-name"
          >
            {pushName(space, delivery)}
          </Link>
          <span className="reason narrow-only">
            to <TargetLink space={space} id={delivery.target} deployment={deployment} />
          </span>
        </>
      ),
    },
    {
      id: "target",
      title: "Target",
      isSecondary: true,
      cell: ({ target }) => <TargetLink space={space} id={target} deployment={deployment} />,
    },
    {
      id: "trigger",
      title: "Trigger",
      isSecondary: true,
      cell: ({ trigger }) => <TriggerLink space={space} id={trigger} deployment={deployment} />,
    },
    {
      id: "status",
      title: "State",
      cell: (delivery) => (
        <>
          <DeliveryStatus status={delivery.status} /> <Reason delivery={delivery} />
        </>
      ),
    },
    {
      id: "created",
      title: "When",
      align: "end",
      isSecondary: true,
      cell: ({ createdAt }) => <Time at={createdAt} />,
    },
  ];
}

/** Tells the reason of a delivery's state, and when it goes on. */
function Reason({ delivery: { status, reason, attempts, nextAttemptAt } }: { readonly delivery: Delivery }) {
  const isTriedAgain = status === "pending" && nextAttemptAt !== null && attempts > 0;
  return (
    <span className="reason clipped">
      {reason !== null && <LinkedText text={reason} />}
      {isTriedAgain && (
        <>
          {reason !== null && "; "}attempt {attempts + 1} <Time at={nextAttemptAt} />
        </>
      )}
    </span>
  );
}
