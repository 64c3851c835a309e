import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useMemo, useState } from "react";
import { useList } from "../../api/queries.ts";
import { may, useRegistryHost, useSession } from "../../api/session.ts";
import { DataTable } from "../../components/data-table.tsx";
import { SearchField } from "../../components/field.tsx";
import { Loading } from "../../components/loading.tsx";
import { Empty, Failure } from "../../components/notice.tsx";
import { PushCommands } from "../../parts/push-commands.tsx";
import { RepositoryHead } from "../../parts/repository-head.tsx";
import { toast } from "../../components/toasts.tsx";
import type { Tag } from "../../../contract/operations.ts";
import { subjectOfTag } from "../../../oci/referrers-tag.ts";
import { pullCommand } from "./pull-commands.ts";
import { SelectionBar } from "./selection-bar.tsx";
import { matching, withAttached } from "./selection.ts";
import { tagColumns } from "./tag-columns.tsx";
import "./repository.css";

const DeleteTags = lazy(() => import("./delete-tags.tsx"));
const PullDialog = lazy(() => import("./pull-dialog.tsx"));

const FROM = "/signed-in/spaces/$space/repositories/$repository";

const nameOf = ({ name }: Tag): string => name;

const NONE: ReadonlySet<string> = new Set();

/** Milliseconds without typing after which the search text goes into the address. */
const REST = 250;

/** Lists a repository's tags. All of them are loaded, page by page, then searched and sorted here. */
export function RepositoryPage() {
  const { space, repository } = useParams({ from: FROM });
  const { attached = false } = useSearch({ from: FROM });
  const [search, setSearch] = useSearchText();
  const navigate = useNavigate();
  const [selected, setSelected] = useState(NONE);
  const [removing, setRemoving] = useState<ReadonlySet<string>>(NONE);
  const [pulling, setPulling] = useState<Tag | null>(null);
  const input = { path: { space, name: repository }, query: { limit: 1000, order: "newest" as const } };
  const { items, isPending, hasMore, error, retry } = useList("listRepositoryTags", input, { all: true });
  const own = useMemo(
    () => (attached ? items : items.filter(({ name }) => subjectOfTag(name) === null)),
    [items, attached],
  );
  const found = useMemo(() => matching(own, search), [own, search]);
  const session = useSession();
  const manages = may(session, "manageSpace");
  const columns = useColumns(space, repository, manages ? setRemoving : null, setPulling);
  const chosen = useMemo(() => items.filter(({ name }) => selected.has(name)), [items, selected]);
  const hidden = useMemo(() => items.filter(({ name }) => subjectOfTag(name) !== null).length, [items]);
  const last = items[0];
  return (
    <>
      <RepositoryHead space={space} repository={repository} pushedBy={last?.pushedBy && ` by ${last.pushedBy.name}`} />
      {error && <Failure error={error} onRetry={retry} />}
      {isPending && <Loading what="the tags" />}
      {!isPending && !error && items.length === 0 && (
        <Empty title="This repository has no tags">
          {manages && <p>Restore tags that were deleted lately under “Recently deleted”.</p>}
          <p>Tags appear here once they are pushed.</p>
          {(manages || may(session, "push")) && <PushCommands space={space} />}
        </Empty>
      )}
      {items.length > 0 && (
        <>
          <div className="toolbar">
            <SearchField label="Search the tags" value={search} onChange={setSearch} />
            <output className="muted">{countText(found.length, own.length, hasMore)}</output>
            {hidden > 0 && (
              <label>
                <input
                  type="checkbox"
                  checked={attached}
                  onChange={() =>
                    void navigate({
                      to: ".",
                      search: (before) => ({ ...before, attached: attached ? undefined : true }),
                      replace: true,
                    })
                  }
                />{" "}
                Show signatures and other attachments ({hidden.toLocaleString()})
              </label>
            )}
          </div>
          {chosen.length > 0 && (
            <SelectionBar
              space={space}
              repository={repository}
              chosen={chosen}
              onClear={() => setSelected(NONE)}
              onDelete={manages ? () => setRemoving(selected) : null}
            />
          )}
          <div className="card card-table">
            <DataTable
              label={`Tags of ${repository}`}
              rows={found}
              rowId={nameOf}
              columns={columns}
              initialSorting={{ column: "updated", direction: "descending" }}
              selection={{ selected, onChange: setSelected }}
            />
          </div>
          {found.length === 0 && <p className="muted">No tag has “{search}” in its name or digest.</p>}
        </>
      )}
      <Suspense>
        {removing.size > 0 && (
          <DeleteTags
            space={space}
            repository={repository}
            tags={withAttached(items, removing)}
            onClose={() => setRemoving(NONE)}
            onDone={() => setSelected(NONE)}
          />
        )}
        {pulling && <PullDialog name={`${space}/${repository}`} tag={pulling} onClose={() => setPulling(null)} />}
      </Suspense>
    </>
  );
}

/** Returns the search text: current here at once, and in the address once typing rests. */
function useSearchText(): readonly [string, (text: string) => void] {
  const { q = "" } = useSearch({ from: FROM });
  const navigate = useNavigate({ from: "/spaces/$space/repositories/$repository" });
  const [text, setText] = useState(q);
  useEffect(() => {
    if (text === q) return undefined;
    const timer = setTimeout(() => {
      void navigate({ search: (before) => ({ ...before, q: text || undefined }), replace: true });
    }, REST);
    return () => clearTimeout(timer);
  }, [text, q, navigate]);
  return [text, setText];
}

function useColumns(
  space: string,
  repository: string,
  remove: ((tags: ReadonlySet<string>) => void) | null,
  showPull: (tag: Tag) => void,
): ReturnType<typeof tagColumns> {
  const host = useRegistryHost();
  const navigate = useNavigate();
  return useMemo(
    () =>
      tagColumns(
        { space, repository },
        {
          pullCommand: (tag, by) => pullCommand(host, `${space}/${repository}`, tag, by),
          copy: copyAndSay,
          showPull,
          showHistory: ({ name: tag }) =>
            void navigate({
              to: "/spaces/$space/repositories/$repository/tags/$tag/history",
              params: { space, repository, tag },
            }),
          remove: remove && (({ name }) => remove(new Set([name]))),
        },
      ),
    [space, repository, host, navigate, remove, showPull],
  );
}

/** Copies text on behalf of a menu, which has closed by then, and says so in a toast. */
function copyAndSay(text: string): void {
  navigator.clipboard.writeText(text).then(
    () => toast("Copied"),
    () => toast("The browser did not allow copying"),
  );
}

function countText(found: number, all: number, hasMore: boolean): string {
  const total = `${all.toLocaleString()}${hasMore ? " so far, loading more" : ""}`;
  return found === all ? total : `${found.toLocaleString()} of ${total}`;
}
