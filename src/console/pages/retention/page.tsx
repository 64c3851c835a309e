import { Link, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { useChange, useList } from "../../api/queries.ts";
import { Button, LinkButton } from "../../components/button.tsx";
import { Confirm } from "../../components/confirm.tsx";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { Icon } from "../../components/icon.tsx";
import { Loading } from "../../components/loading.tsx";
import { Empty, Failure } from "../../components/notice.tsx";
import { PageHead } from "../../components/page-head.tsx";
import { toast } from "../../components/toasts.tsx";
import type { RetentionRule } from "../../../contract/operations.ts";
import { keepWords } from "./keep.ts";
import { Preview } from "./preview.tsx";

/** Lists a space's retention rules, and what they would delete. */
export function RetentionPage() {
  const { space } = useParams({ from: "/signed-in/spaces/$space/retention" });
  const [deleted, setDeleted] = useState<RetentionRule | null>(null);
  const [isPreviewing, setPreviewing] = useState(false);
  const list = useList("listRetentionRules", { path: { space }, query: { limit: 100 } });
  const { items, isPending, error, retry } = list;
  return (
    <>
      <PageHead title="Retention">
        <LinkButton to="/spaces/$space/retention/new" params={{ space }} look="primary" icon={<Icon name="plus" />}>
          New rule
        </LinkButton>
      </PageHead>
      {error && <Failure error={error} onRetry={retry} />}
      {isPending && <Loading what="the rules" />}
      {!isPending && !error && items.length === 0 && (
        <Empty title="No rules yet: everything is kept">
          <p>
            A rule says which tags stay in the repositories that it covers; all others go, and then what only they
            needed. You see what a rule would delete before you save it, and can restore deleted tags for some days.
          </p>
        </Empty>
      )}
      {items.length > 0 && (
        <div className="stack">
          <div className="card card-table">
            <DataTable
              label={`Retention rules of ${space}`}
              rows={items}
              rowId={({ id }) => id}
              columns={columnsOf(space, setDeleted)}
            />
          </div>
          <section className="card section" aria-label="What would go">
            <div className="section-head">
              <h2>What the rules would delete now</h2>
              {!isPreviewing && <Button onClick={() => setPreviewing(true)}>Preview</Button>}
            </div>
            {isPreviewing && <Preview space={space} rule={{}} />}
          </section>
        </div>
      )}
      {deleted && <Deletion space={space} rule={deleted} onClose={() => setDeleted(null)} />}
    </>
  );
}

interface DeletionProps {
  readonly space: string;
  readonly rule: RetentionRule;
  readonly onClose: () => void;
}

function Deletion({ space, rule, onClose }: DeletionProps) {
  const remove = useChange("deleteRetentionRule", ["listRetentionRules", "previewRetention"]);
  return (
    <Confirm
      isOpen
      onClose={onClose}
      title={`Delete the rule “${rule.name}”?`}
      action="Delete"
      onConfirm={async () => {
        await remove.mutateAsync({ path: { space, id: rule.id } });
        toast(`Deleted rule ${rule.name}`);
      }}
    >
      <p>
        Repositories that only this rule covers then keep everything. Where other rules apply, they may delete what this
        rule kept.
      </p>
    </Confirm>
  );
}

function columnsOf(space: string, onDelete: (rule: RetentionRule) => void): readonly Column<RetentionRule>[] {
  return [
    {
      id: "name",
      title: "Rule",
      sortBy: ({ name }) => name,
      cell: ({ id, name, enabled }) => (
        <>
          <Link to="/spaces/$space/retention/$rule" params={{ space, rule: id }}>
            {name}
          </Link>{" "}
          {!enabled && <span className="badge">off</span>}
        </>
      ),
    },
    {
      id: "repositories",
      title: "Repositories",
      isSecondary: true,
      cell: ({ repositories }) =>
        repositories.join() === "**" ? <span className="muted">all</span> : <code>{repositories.join(", ")}</code>,
    },
    { id: "keeps", title: "Keeps", cell: ({ keep }) => keepWords(keep) },
    {
      id: "delete",
      title: "",
      align: "end",
      cell: (rule) => (
        <Button look="quiet" aria-label={`Delete ${rule.name}`} onClick={() => onDelete(rule)}>
          Delete
        </Button>
      ),
    },
  ];
}
