import { Button } from "../../components/button.tsx";
import type { Column } from "../../components/data-table.tsx";
import { ManifestLink } from "../../parts/manifest-link.tsx";
import { count } from "../../parts/repository-head.tsx";
import { Time } from "../../components/time.tsx";
import { untilColumn } from "../../parts/until-column.tsx";
import { Digest } from "../../components/values.tsx";
import { shortDigest } from "../../../contract/format.ts";
import type { DeletedManifest, TagChange } from "../../../contract/operations.ts";
import type { Deleted } from "./page.tsx";

/** The most tags of a manifest to name. */
const NAMED = 5;

type Choose = (deleted: Deleted) => void;

export function tagColumns(space: string, repository: string, choose: Choose): readonly Column<TagChange>[] {
  return [
    { id: "name", title: "Tag", cell: ({ tag }) => <strong>{tag}</strong> },
    {
      id: "digest",
      title: "Was",
      isSecondary: true,
      cell: ({ digest, content }) =>
        content === "present" ? (
          <ManifestLink space={space} repository={repository} digest={digest} />
        ) : (
          <Digest digest={digest} />
        ),
    },
    deletion<TagChange>(({ actor, at }) => ({ by: actor.name, at, until: null })),
    {
      id: "undo",
      title: "Undo",
      align: "end",
      cell: ({ tag, digest, content }) =>
        content === "gone" ? (
          <span className="muted">no longer stored</span>
        ) : (
          <Button
            aria-label={`Restore the tag ${tag}`}
            onClick={() =>
              choose({
                what: { tag },
                name: `the tag ${tag}`,
                brings: `${tag} points to ${shortDigest(digest)} again${content === "deleted" ? "; the manifest and everything it needs return with it" : ""}.`,
                hasTags: true,
              })
            }
          >
            Restore
          </Button>
        ),
    },
  ];
}

export function manifestColumns(choose: Choose): readonly Column<DeletedManifest>[] {
  return [
    {
      id: "digest",
      title: "Manifest",
      cell: ({ digest, tags }) => (
        <>
          <Digest digest={digest} />
          <div className="deleted-more">{tags.length === 0 ? "without a tag" : `with ${named(tags)}`}</div>
        </>
      ),
    },
    {
      id: "type",
      title: "Type",
      isSecondary: true,
      cell: ({ artifactType, mediaType }) => <code>{artifactType ?? mediaType}</code>,
    },
    deletion<DeletedManifest>(({ actor, deletedAt, until }) => ({ by: actor.name, at: deletedAt, until })),
    untilColumn(),
    {
      id: "undo",
      title: "Undo",
      align: "end",
      cell: ({ digest, tags }) => (
        <Button
          aria-label={`Restore the manifest ${shortDigest(digest)}`}
          onClick={() =>
            choose({
              what: { digest },
              name: `the manifest ${shortDigest(digest)}`,
              brings: `The manifest returns with everything it needs${tags.length === 0 ? "; it had no tags" : `, and with ${tags.length === 1 ? "the tag" : count(tags.length, "tag")} ${named(tags)}, unless a tag of that name exists by now`}.`,
              hasTags: tags.length > 0,
            })
          }
        >
          Restore
        </Button>
      ),
    },
  ];
}

interface Deletion {
  readonly by: string;
  readonly at: string;
  readonly until: string | null;
}

function deletion<T>(of: (row: T) => Deletion): Column<T> {
  return {
    id: "deleted",
    title: "Deleted",
    align: "end",
    cell: (row) => {
      const { by, at, until } = of(row);
      return (
        <>
          <Time at={at} />
          <div className="deleted-more">by {by}</div>
          {until !== null && (
            <div className="deleted-more narrow-only">
              ends <Time at={until} />
            </div>
          )}
        </>
      );
    },
  };
}

function named(tags: readonly string[]): string {
  const more = tags.length - NAMED;
  return `${tags.slice(0, NAMED).join(", ")}${more > 0 ? ` and ${more.toLocaleString()} more` : ""}`;
}
