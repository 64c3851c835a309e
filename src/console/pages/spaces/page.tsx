import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { Main } from "../../app/main-area.tsx";
import { useList } from "../../api/queries.ts";
import { Button, LinkButton } from "../../components/button.tsx";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { SearchField } from "../../components/field.tsx";
import { Icon } from "../../components/icon.tsx";
import { Loading } from "../../components/loading.tsx";
import { Empty, Failure } from "../../components/notice.tsx";
import { PageHead } from "../../components/page-head.tsx";
import { Time } from "../../components/time.tsx";
import { Bytes } from "../../components/values.tsx";
import type { Space } from "../../../contract/operations.ts";
import { NewSpace } from "./new-space.tsx";

const COLUMNS: readonly Column<Space>[] = [
  {
    id: "name",
    title: "Space",
    sortBy: ({ name }) => name,
    cell: ({ name, public: isPublic, nearLimit }) => (
      <>
        <Link to="/spaces/$space" params={{ space: name }}>
          {name}
        </Link>{" "}
        {isPublic && <span className="badge">public</span>} {nearLimit && <span className="badge">nearly full</span>}
      </>
    ),
  },
  {
    id: "repositories",
    title: "Repositories",
    align: "end",
    sortBy: ({ usage }) => usage.repositories,
    cell: ({ usage }) => usage.repositories.toLocaleString(),
  },
  {
    id: "size",
    title: "Size",
    align: "end",
    sortBy: ({ usage }) => usage.bytes,
    cell: ({ usage }) => <Bytes count={usage.bytes} />,
  },
  {
    id: "created",
    title: "Created",
    align: "end",
    isSecondary: true,
    sortBy: ({ createdAt }) => createdAt,
    cell: ({ createdAt }) => <Time at={createdAt} />,
  },
];

/** Lists the installation's spaces, for its administrator. */
export function SpacesPage() {
  const [search, setSearch] = useState("");
  const [isMaking, setMaking] = useState(false);
  const { items, isPending, error, retry } = useList("listSpaces", { path: {}, query: { limit: 1000 } }, { all: true });
  const found = items.filter(({ name }) => name.includes(search.trim().toLowerCase()));
  return (
    <Main>
      <PageHead title="Spaces">
        <LinkButton to="/activity">Activity</LinkButton>
        <Button look="primary" icon={<Icon name="plus" />} onClick={() => setMaking(true)}>
          New space
        </Button>
      </PageHead>
      <NewSpace isOpen={isMaking} onClose={() => setMaking(false)} />
      {error && <Failure error={error} onRetry={retry} />}
      {isPending && <Loading what="the spaces" />}
      {!isPending && !error && items.length === 0 && (
        <Empty title="No spaces yet">
          <p>A space holds a team’s repositories and tokens. Create the first one.</p>
        </Empty>
      )}
      {items.length > 0 && (
        <>
          <div className="toolbar">
            <SearchField label="Search the spaces" value={search} onChange={setSearch} />
          </div>
          <div className="card card-table">
            <DataTable label="Spaces" rows={found} rowId={({ name }) => name} columns={COLUMNS} />
          </div>
        </>
      )}
    </Main>
  );
}
