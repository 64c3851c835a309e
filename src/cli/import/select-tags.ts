import { matchesGlob } from "../../oci/glob.ts";
import { parseTag, type Tag } from "../../oci/reference.ts";
import { subjectOfTag } from "../../oci/referrers-tag.ts";

export interface Selected {
  /** In the source's order. */
  readonly images: readonly Tag[];
  /** Tags that are named after a digest: most come along with the image they belong to. */
  readonly companions: readonly Tag[];
  /** Names that no registry should have given, and that the destination would refuse. */
  readonly untakable: readonly string[];
}

/**
 * The tags that match one of the globs, or are not excluded where there are only exclusions, as in `!*-rc*`. No
 * glob: all, with those that are named after a digest.
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
