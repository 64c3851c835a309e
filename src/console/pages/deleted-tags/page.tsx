import { useParams } from "@tanstack/react-router";
import { useState } from "react";
import { useChange, useList } from "../../api/queries.ts";
import { Confirm } from "../../components/confirm.tsx";
import { DataTable } from "../../components/data-table.tsx";
import { LoadMore } from "../../components/load-more.tsx";
import { Loading } from "../../components/loading.tsx";
import { Empty, Failure } from "../../components/notice.tsx";
import { RepositoryHead } from "../../parts/repository-head.tsx";
import { toast } from "../../components/toasts.tsx";
import { withMissing } from "../../parts/undo-failure.ts";
import { manifestColumns, tagColumns } from "./columns.tsx";
import "./deleted.css";

/** Deleted content to restore: a tag, or a manifest with the tags that were deleted with it. */
export interface Deleted {
  /** The reference for the request. */
  readonly what: { readonly tag: string } | { readonly digest: string };
  /** The name in a sentence: "the tag latest". */
  readonly name: string;
  /** The effect of restoring it, as a sentence. */
  readonly brings: string;
  readonly hasTags: boolean;
}

/** Lists a repository's deleted tags and manifests, with the end of the time to restore them, and restores them. */
export function DeletedTagsPage() {
  const { space, repository } = useParams({ from: "/signed-in/spaces/$space/repositories/$repository/deleted" });
  const [chosen, setChosen] = useState<Deleted | null>(null);
  const input = { path: { space }, query: { repository, limit: 100 } };
  const tags = useList("listDeletedTags", input);
  const manifests = useList("listDeletedManifests", input);
  const error = tags.error ?? manifests.error;
  const isPending = tags.isPending || manifests.isPending;
  const isEmpty = !isPending && !error && tags.items.length === 0 && manifests.items.length === 0;
  return (
    <>
      <RepositoryHead space={space} repository={repository} />
      {error && (
        <Failure
          error={error}
          onRetry={() => {
            tags.retry();
            manifests.retry();
          }}
        />
      )}
      {isPending && <Loading what="recent deletions" />}
      {isEmpty && (
        <Empty title="Nothing was deleted recently">
          <p>You can restore deleted tags and manifests here for some days.</p>
        </Empty>
      )}
      {tags.items.length > 0 && (
        <section className="deleted-part">
          <h2>Tags</h2>
          <p className="muted">A tag can be brought back for as long as its content is stored.</p>
          <div className="card card-table">
            <DataTable
              label="Deleted tags"
              rows={tags.items}
              rowId={({ id }) => id}
              columns={tagColumns(space, repository, setChosen)}
            />
          </div>
          <LoadMore list={tags} />
        </section>
      )}
      {manifests.items.length > 0 && (
        <section className="deleted-part">
          <h2>Manifests</h2>
          <div className="card card-table">
            <DataTable
              label="Deleted manifests"
              rows={manifests.items}
              rowId={({ digest }) => digest}
              columns={manifestColumns(setChosen)}
            />
          </div>
          <LoadMore list={manifests} />
        </section>
      )}
      {chosen && <Undelete space={space} repository={repository} deleted={chosen} onClose={() => setChosen(null)} />}
    </>
  );
}

interface UndeleteProps {
  readonly space: string;
  readonly repository: string;
  readonly deleted: Deleted;
  readonly onClose: () => void;
}

function Undelete({ space, repository, deleted, onClose }: UndeleteProps) {
  const { what, name, brings, hasTags } = deleted;
  const undelete = useChange("undelete", [
    "listDeletedTags",
    "listDeletedManifests",
    "listRepositoryTags",
    "getRepository",
    "getHistory",
  ]);
  return (
    <Confirm
      isOpen
      onClose={onClose}
      title={`Restore ${name}?`}
      action="Restore"
      look="primary"
      onConfirm={async () => {
        await withMissing(undelete.mutateAsync({ path: { space }, body: { repository, ...what } }));
        toast(`Restored ${name}`);
      }}
    >
      <p>{brings}</p>
      {hasTags && <p>Restoring a tag counts as a push: matching triggers fire.</p>}
    </Confirm>
  );
}
