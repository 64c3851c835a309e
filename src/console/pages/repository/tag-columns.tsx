import { CopyButton } from "../../components/copy-button.tsx";
import type { Column } from "../../components/data-table.tsx";
import { givenWords } from "../../parts/deployed-words.ts";
import { ManifestLink } from "../../parts/manifest-link.tsx";
import { Menu, MenuItem, MenuSeparator } from "../../components/menu.tsx";
import { ReferenceLink } from "../../parts/reference-link.tsx";
import { Time } from "../../components/time.tsx";
import { Bytes } from "../../components/values.tsx";
import type { Tag } from "../../../contract/operations.ts";
import { nameByTag } from "../../content/attachments.ts";
import { subjectOfTag } from "../../../oci/referrers-tag.ts";
import { kindOf } from "./kinds.ts";

/** Actions on one tag. */
export interface TagActions {
  readonly pullCommand: (tag: Tag, by: "tag" | "digest") => string;
  readonly copy: (text: string) => void;
  readonly showPull: (tag: Tag) => void;
  readonly showHistory: (tag: Tag) => void;
  /** Deletes the tag; null if the user may not. */
  readonly remove: ((tag: Tag) => void) | null;
}

interface Place {
  readonly space: string;
  readonly repository: string;
}

/** The most platforms of an index to name; it may have dozens. */
const PLATFORMS_NAMED = 4;

export function tagColumns(place: Place, actions: TagActions): readonly Column<Tag>[] {
  return [
    {
      id: "name",
      title: "Tag",
      sortBy: ({ name }) => name,
      cell: (tag) => <TagName tag={tag} place={place} />,
    },
    {
      id: "digest",
      title: "Digest",
      isSecondary: true,
      cell: ({ digest }) => <ManifestLink {...place} digest={digest} />,
    },
    {
      id: "size",
      title: "Size",
      align: "end",
      isSecondary: true,
      sortBy: ({ contentSize }) => contentSize,
      cell: ({ contentSize }) => <Bytes count={contentSize} />,
    },
    {
      id: "deployed",
      title: "Deployed",
      isSecondary: true,
      cell: ({ deployed }) => <Deployed targets={deployed} />,
    },
    {
      id: "pulled",
      title: "Last pull",
      align: "end",
      isSecondary: true,
      sortBy: ({ pulledAt }) => pulledAt && Date.parse(pulledAt),
      cell: ({ pulledAt }) => (pulledAt === null ? <span className="muted">never</span> : <Time at={pulledAt} />),
    },
    {
      id: "updated",
      title: "Pushed",
      align: "end",
      sortBy: ({ updatedAt }) => Date.parse(updatedAt),
      cell: ({ updatedAt, pushedBy }) => (
        <>
          <Time at={updatedAt} />
          {pushedBy && <div className="tag-more">by {pushedBy.name}</div>}
        </>
      ),
    },
    {
      id: "actions",
      title: "Actions",
      align: "end",
      cell: (tag) => <TagMenu tag={tag} actions={actions} />,
    },
  ];
}

function TagName({ tag, place }: { readonly tag: Tag; readonly place: Place }) {
  const { name, immutable, signed } = tag;
  const what = describe(tag);
  return (
    <>
      <ReferenceLink {...place} reference={name} />{" "}
      {immutable && (
        <span className="badge" title="It neither moves nor goes">
          immutable
        </span>
      )}{" "}
      {signed && (
        <span className="badge" title="A signature is there. The registry does not verify it.">
          signed
        </span>
      )}
      {what !== null && <div className="tag-more">{what}</div>}
      <div className="tag-more narrow-only">
        <Bytes count={tag.contentSize} />
      </div>
    </>
  );
}

/** Describes a tag as far as the list's data tells; null for an image without a known platform. */
function describe(tag: Tag): string | null {
  const { name, platforms, artifactType } = tag;
  if (subjectOfTag(name) !== null) return nameByTag(name);
  if (platforms.length > 0) {
    const more = platforms.length - PLATFORMS_NAMED;
    return `${platforms.slice(0, PLATFORMS_NAMED).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
  }
  return { image: null, chart: "Helm chart", artifact: artifactType ?? "artifact" }[kindOf(tag)];
}

function Deployed({ targets }: { readonly targets: Tag["deployed"] }) {
  if (targets.length === 0) return <span className="muted">–</span>;
  return (
    <span className="tag-badges">
      {targets.map(({ target, name, at, current, followed }) => (
        <span key={target} className={current ? "badge badge-current" : "badge"}>
          {name} {givenWords({ current, followed })} <Time at={at} />
        </span>
      ))}
    </span>
  );
}

function TagMenu({ tag, actions }: { readonly tag: Tag; readonly actions: TagActions }) {
  const { remove } = actions;
  return (
    <span className="tag-actions">
      <CopyButton text={actions.pullCommand(tag, "tag")} what={`the command that pulls ${tag.name}`} />
      <Menu name={`Actions for ${tag.name}`} label="">
        <MenuItem onSelect={() => actions.copy(actions.pullCommand(tag, "tag"))}>Copy pull command by tag</MenuItem>
        <MenuItem onSelect={() => actions.copy(actions.pullCommand(tag, "digest"))}>
          Copy pull command by digest
        </MenuItem>
        <MenuItem onSelect={() => actions.showPull(tag)}>All pull commands …</MenuItem>
        <MenuItem onSelect={() => actions.showHistory(tag)}>History</MenuItem>
        {!tag.immutable && remove && (
          <>
            <MenuSeparator />
            <MenuItem onSelect={() => remove(tag)}>Delete …</MenuItem>
          </>
        )}
      </Menu>
    </span>
  );
}
