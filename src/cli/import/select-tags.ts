import { matchesGlob } from "../../oci/glob.ts";
import { parseTag, type Tag } from "../../oci/reference.ts";
import { subjectOfTag } from "../../oci/referrers-tag.ts";

export interface Selected {
  /** The images' tags, in the source's order. */
  readonly images: readonly Tag[];
  /** Tags that are named after a digest: most are copied with the image they belong to. */
  readonly companions: readonly Tag[];
  /** Invalid names, which the destination would refuse. */
  readonly untakable: readonly string[];
}

/**
 * Selects the tags that match a glob. If all globs are exclusions, as in `!*-rc*`, selects all other tags. Without
 * globs, selects all tags, including those named after a digest.
 */
export function selectTags(tags: Iterable<string>, globs: readonly string[]): Selected {
  const excluded = globs.filter((glob) => glob.startsWith("!")).map((glob) => glob.slice(1));
  const included = globs.filter((glob) => !glob.startsWith("!"));
  const isWanted = (tag: string): boolean =>
    (included.length === 0 || included.some((glob) => matchesGlob(glob, tag))) &&
    !excluded.some((glob) => matchesGlob(glob, tag));
  const all = [...tags];
  const valid = all.map(parseTag).filter((tag) => tag !== null);
  return {
    untakable: all.filter((tag) => parseTag(tag) === null && isWanted(tag)),
    images: valid.filter((tag) => subjectOfTag(tag) === null && isWanted(tag)),
    companions: globs.length === 0 ? valid.filter((tag) => subjectOfTag(tag) !== null) : [],
  };
}
