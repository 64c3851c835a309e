import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useList } from "../../api/queries.ts";
import { DeliveriesTable } from "../../parts/deliveries-table.tsx";
import { useDeployment } from "../../parts/deployment.tsx";
import { Filter } from "../../components/filter.tsx";
import { LoadMore } from "../../components/load-more.tsx";
import { Loading } from "../../components/loading.tsx";
import { Empty, Failure } from "../../components/notice.tsx";
import { PageHead } from "../../components/page-head.tsx";
import { type DeliveryFilter, STATUSES } from "./filter.ts";

const PAGE = 50;

/** Lists a space's deliveries as they happen. */
export function DeliveriesPage() {
  const { space } = useParams({ from: "/signed-in/spaces/$space" });
  const filter = useSearch({ from: "/signed-in/spaces/$space/deliveries" });
  const navigate = useNavigate({ from: "/spaces/$space/deliveries" });
  const list = useList("listDeliveries", { path: { space }, query: { limit: PAGE, ...filter } });
  const { triggers, targets } = useDeployment(space);
  const change = (changed: DeliveryFilter): void => {
    void navigate({ search: { ...filter, ...changed }, replace: true });
  };
  const isFiltered = Object.values(filter).some((value) => value !== undefined);
  return (
    <>
      <PageHead title="Deliveries" />
      <div className="toolbar">
        <Filter
          label="State"
          value={filter.status}
          choices={STATUSES.map((value) => ({ value, label: value }))}
          onChange={(value) => change({ status: STATUSES.find((status) => status === value) })}
        />
        <Filter
          label="Trigger"
          value={filter.trigger}
          choices={triggers.items.map(({ id, name }) => ({ value: id, label: name }))}
          onChange={(trigger) => change({ trigger })}
        />
        <Filter
          label="Target"
          value={filter.target}
          choices={targets.items.map(({ id, name }) => ({ value: id, label: name }))}
          onChange={(target) => change({ target })}
        />
      </div>
      {list.error && <Failure error={list.error} onRetry={list.retry} />}
      {list.isPending && <Loading what="the deliveries" />}
      {!list.isPending && !list.error && list.items.length === 0 && <None isFiltered={isFiltered} />}
      {list.items.length > 0 && <DeliveriesTable space={space} label="Deliveries" deliveries={list.items} />}
      <LoadMore list={list} />
    </>
  );
}

function None({ isFiltered }: { readonly isFiltered: boolean }) {
  if (isFiltered) return <p className="muted">No delivery is like that.</p>;
  return (
    <Empty title="Nothing has been delivered yet">
      <p>
        When a push fires a trigger, a delivery goes to each of its targets, and is shown here while it is on its way. A
        push’s page shows which triggers fired, and why others did not.
      </p>
    </Empty>
  );
}
