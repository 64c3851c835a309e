import { Link } from "@tanstack/react-router";
import { formatBytes } from "../../../oci/size.ts";
import { useList } from "../../api/queries.ts";
import { Button } from "../../components/button.tsx";
import { Loading } from "../../components/loading.tsx";
import { Failure } from "../../components/notice.tsx";
import type { OperationInput } from "../../../contract/operation.ts";
import type { RetentionPreview } from "../../../contract/operations.ts";
import { wholeRepositories } from "../../../contract/retention-parts.ts";

export type PreviewedRule = OperationInput<"previewRetention">["body"];

type InRepository = RetentionPreview["items"][number];

/** The most tags of a repository to name. */
const NAMED = 12;

interface PreviewProps {
  readonly space: string;
  /** A rule that is not saved yet; empty to preview the saved rules. */
  readonly rule: PreviewedRule;
}

/** Shows what the rules would delete, by repository. */
export function Preview({ space, rule }: PreviewProps) {
  const input = { path: { space }, body: rule };
  const list = useList("previewRetention", input, { isLive: false });
  const { isPending, isLoadingMore, hasMore, error, loadMore, retry } = list;
  const items = wholeRepositories(list.items);
  if (isPending) return <Loading what="the preview" />;
  if (error) return <Failure error={error} onRetry={retry} />;
  const sum = (of: (one: InRepository) => number): number => items.reduce((total, one) => total + of(one), 0);
  const isNone = items.length === 0 && !hasMore;
  return (
    <div className="section">
      <output>
        {isNone ? (
          "Nothing would be deleted now. Whatever was pushed within the last day is always kept."
        ) : (
          <>
            <strong>
              {plural(
                sum(({ tagCount }) => tagCount),
                "tag",
              )}
            </strong>{" "}
            and{" "}
            <strong>
              {plural(
                sum(({ manifestCount }) => manifestCount),
                "manifest",
              )}
            </strong>{" "}
            would be deleted in {plural(items.length, "repository", "repositories")}, freeing{" "}
            {formatBytes(sum(({ bytes }) => bytes))}
            {hasMore && " in what was checked so far"}.
          </>
        )}
      </output>
      <AfterGrace space={space} rule={rule} now={amountOf(items)} />
      {items.map((one) => (
        <RepositoryPreview key={one.repository} space={space} one={one} />
      ))}
      {hasMore && (
        <div>
          <Button onClick={loadMore} isBusy={isLoadingMore}>
            Check more
          </Button>
        </div>
      )}
    </div>
  );
}

function amountOf(items: readonly InRepository[]): number {
  return items.reduce((sum, { tagCount, manifestCount }) => sum + tagCount + manifestCount, 0);
}

/**
 * Tells what goes in addition once the grace period of recent pushes is over, in the repositories that were examined
 * first.
 */
function AfterGrace({ space, rule, now }: PreviewProps & { readonly now: number }) {
  const input = { path: { space }, body: { ...rule, afterGrace: true } };
  const { items, isPending, error } = useList("previewRetention", input, { isLive: false });
  if (isPending || error || amountOf(items) <= now) return null;
  const tags = items.reduce((sum, { tagCount }) => sum + tagCount, 0);
  const manifests = items.reduce((sum, { manifestCount }) => sum + manifestCount, 0);
  const bytes = items.reduce((sum, one) => sum + one.bytes, 0);
  return (
    <p>
      When the grace period of recent pushes has ended, {plural(tags, "tag")} and {plural(manifests, "manifest")} would
      be deleted, freeing {formatBytes(bytes)}.
    </p>
  );
}

function RepositoryPreview({ space, one }: { readonly space: string; readonly one: InRepository }) {
  const { repository, tags, tagCount, manifestCount, bytes, complete } = one;
  const more = tagCount - Math.min(tags.length, NAMED);
  return (
    <details className="preview-repository">
      <summary>
        {repository}: {plural(tagCount, "tag")}, {plural(manifestCount, "manifest")}, {formatBytes(bytes)}
        {!complete && " (only a part of this large repository was checked)"}
      </summary>
      <p>
        {tags.slice(0, NAMED).map((tag, index) => (
          <span key={tag}>
            {index > 0 && ", "}
            <code>{tag}</code>
          </span>
        ))}
        {more > 0 && ` and ${more.toLocaleString()} more`}
        {tagCount === 0 && "Only manifests that have no tag. "}{" "}
        <Link to="/spaces/$space/repositories/$repository" params={{ space, repository }}>
          Open the repository
        </Link>
      </p>
    </details>
  );
}

function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString()} ${count === 1 ? one : many}`;
}
