import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { call } from "../../api/client.ts";
import { useChange } from "../../api/queries.ts";
import { Confirm } from "../../components/confirm.tsx";
import { Loading } from "../../components/loading.tsx";
import { Failure } from "../../components/notice.tsx";
import { count } from "../../parts/repository-head.tsx";
import { toast } from "../../components/toasts.tsx";
import { Bytes } from "../../components/values.tsx";
import type { Tag, TagsDeletion } from "../../../contract/operations.ts";

/** The most tags to name: as many as a person reads. */
const NAMED = 8;

const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: "long" });

interface DeleteTagsProps {
  readonly space: string;
  readonly repository: string;
  /** The tags to delete, as the user saw them. */
  readonly tags: readonly Tag[];
  readonly onClose: () => void;
  readonly onDone: () => void;
}

/** Asks for confirmation before tags are deleted, and tells what goes with them and how many bytes become free. */
export default function DeleteTags({ space, repository, tags: seen, onClose, onDone }: DeleteTagsProps) {
  // The tags vanish from the page's list before this dialog is closed.
  const [tags] = useState(seen);
  const [keepManifests, setKeepManifests] = useState(false);
  const body = { repository, tags: tags.map(({ name }) => name), keepManifests };
  const preview = useQuery({
    queryKey: ["deleteTags", "preview", space, body],
    queryFn: ({ signal }) => call("deleteTags", { path: { space }, body: { ...body, dryRun: true } }, signal),
    // The answer of a moment ago may be outdated.
    staleTime: 0,
    gcTime: 0,
  });
  const remove = useChange("deleteTags", [
    "listRepositoryTags",
    "getRepository",
    "listRepositories",
    "listDeletedTags",
    "listDeletedManifests",
    "getHistory",
  ]);
  const going = preview.data?.tags.length ?? 0;
  return (
    <Confirm
      isOpen
      onClose={onClose}
      title={tags.length === 1 ? `Delete the tag ${tags[0]?.name}?` : `Delete ${count(tags.length, "tag")}?`}
      action={preview.data ? `Delete ${count(going, "tag")}` : "Delete"}
      isReady={going > 0 && !preview.isFetching}
      onConfirm={async () => {
        const done = await remove.mutateAsync({ path: { space }, body });
        toast(`${count(done.tags.length, "tag")} deleted`);
        onDone();
      }}
    >
      <div className="form">
        {preview.error && <Failure error={preview.error} onRetry={() => void preview.refetch()} />}
        {preview.isPending && <Loading what="the preview" />}
        {preview.data && <Preview preview={preview.data} tags={tags} />}
        <label>
          <input
            type="checkbox"
            checked={!keepManifests}
            onChange={(event) => setKeepManifests(!event.target.checked)}
          />{" "}
          Also delete manifests that are left without a tag
        </label>
      </div>
    </Confirm>
  );
}

function Preview({ preview, tags }: { readonly preview: TagsDeletion; readonly tags: readonly Tag[] }) {
  const { manifests, bytes, immutable, absent, until } = preview;
  const going = new Set(preview.tags.map(({ name }) => name));
  const running = tags.filter(({ name, deployed }) => going.has(name) && deployed.some(({ current }) => current));
  return (
    <>
      {going.size > 0 && <p>Goes: {names([...going])}</p>}
      {running.length > 0 && <p className="notice notice-failure">Still deployed: {names(running.map(deployedAs))}</p>}
      {immutable.length > 0 && <p>Stays, since it is immutable: {names(immutable)}</p>}
      {absent.length > 0 && <p>Is not there any more: {names(absent)}</p>}
      <p>
        {manifests.length === 0 ? (
          "Only the tag goes. The content stays, under other tags or by its digest, so no storage is freed."
        ) : (
          <>
            {count(manifests.length, "manifest")} would be left without a tag and{" "}
            {manifests.length === 1 ? "goes" : "go"} with {manifests.length === 1 ? "its" : "their"} platforms and
            signatures. <Bytes count={bytes} /> {bytes === 1 ? "comes" : "come"} back.
          </>
        )}
      </p>
      <p>
        It can be undone until {DAY.format(new Date(until))}, under “Recently deleted”
        {manifests.length > 0 && "; storage is freed after that"}.
      </p>
    </>
  );
}

function deployedAs({ name, deployed }: Tag): string {
  const targets = deployed.filter(({ current }) => current).map((one) => one.name);
  return `${name} on ${targets.join(", ")}`;
}

function names(all: readonly string[]): ReactNode {
  const more = all.length - NAMED;
  return (
    <>
      <strong>{all.slice(0, NAMED).join(", ")}</strong>
      {more > 0 && ` and ${more.toLocaleString()} more`}
    </>
  );
}
