import type { List } from "../../api/queries.ts";
import { Button } from "../../components/button.tsx";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { SelectField } from "../../components/field.tsx";
import { Loading } from "../../components/loading.tsx";
import { Empty, Failure } from "../../components/notice.tsx";
import { Time } from "../../components/time.tsx";
import type { Activity } from "../../../contract/operations.ts";
import type { ActivitySearch } from "./search.ts";
import { Thing } from "./thing.tsx";
import { actorName, detailOf, KIND_NAMES, wordsOf } from "./words.ts";

interface ActivityListProps {
  /** The space; null for the installation. */
  readonly space: string | null;
  readonly list: List<Activity>;
  readonly search: ActivitySearch;
  readonly onSearch: (search: ActivitySearch) => void;
}

/** Lists actions with their actors, newest first. */
export function ActivityList({ space, list, search, onSearch }: ActivityListProps) {
  const { items, isPending, isLoadingMore, hasMore, error, loadMore, retry } = list;
  const isNarrowed = search.actor !== undefined || search.kind !== undefined;
  return (
    <>
      <div className="toolbar">
        <SelectField
          label="Who"
          value={search.actor ?? ""}
          choices={actorsIn(items, search.actor)}
          onChange={(actor) => onSearch({ ...search, actor: actor || undefined })}
        />
        <SelectField
          label="What"
          value={search.kind ?? "all"}
          choices={KIND_NAMES}
          onChange={(kind) => onSearch({ ...search, kind: kind === "all" ? undefined : kind })}
        />
      </div>
      {error && <Failure error={error} onRetry={retry} />}
      {isPending && <Loading what="the activity" />}
      {!isPending && !error && items.length === 0 && (
        <Empty title={isNarrowed ? "No matching activity" : "No activity yet"}>
          {hasMore && <p>The newest entries have none. Older entries may.</p>}
        </Empty>
      )}
      {items.length > 0 && (
        <div className="card card-table">
          <DataTable
            label="Activity"
            rows={items}
            rowId={({ id }) => id}
            columns={columnsOf(space, search, onSearch)}
          />
        </div>
      )}
      {hasMore && (
        <p className="more">
          <Button onClick={loadMore} isBusy={isLoadingMore}>
            Show older entries
          </Button>
        </p>
      )}
    </>
  );
}

/** Returns all actors in the list, and the one that it is narrowed to. */
function actorsIn(items: readonly Activity[], chosen: string | undefined): Readonly<Record<string, string>> {
  const seen = items.map(({ actor }) => [actor.id, actorName(actor)] as const);
  const asked = chosen === undefined ? [] : [[chosen, chosen] as const];
  return { "": "everybody", ...Object.fromEntries([...asked, ...seen]) };
}

function columnsOf(
  space: string | null,
  search: ActivitySearch,
  onSearch: (search: ActivitySearch) => void,
): readonly Column<Activity>[] {
  return [
    {
      id: "who",
      title: "Who",
      cell: ({ actor }) => (
        <button
          type="button"
          className="link-button"
          title={`Show only what ${actorName(actor)} did`}
          onClick={() => onSearch({ ...search, actor: actor.id })}
        >
          {actorName(actor)}
        </button>
      ),
    },
    { id: "what", title: "What", cell: (activity) => <What space={space} activity={activity} /> },
    { id: "when", title: "When", align: "end", isSecondary: true, cell: ({ at }) => <Time at={at} /> },
  ];
}

function What({ space, activity }: { readonly space: string | null; readonly activity: Activity }) {
  const detail = detailOf(activity);
  return (
    <>
      {wordsOf(activity)} <Thing space={space} activity={activity} />
      {detail !== "" && <span className="activity-detail">{detail}</span>}
      <span className="activity-detail narrow-only">
        <Time at={activity.at} />
      </span>
    </>
  );
}
