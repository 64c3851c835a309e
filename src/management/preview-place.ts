/**
 * The place at which a page of a retention preview begins, as its cursor: in the middle of a repository, or after one.
 */

/** Sorts after every tag and every digest, so nothing is left. */
const DONE = "~";

export interface PreviewPlace {
  readonly path: string;
  /** True if the page begins in the repository itself; false: after it. */
  readonly isWithin: boolean;
  /** The last tag that was seen; `digest` is the last digest. */
  readonly tag: string;
  readonly digest: string;
  /** True if an earlier page passed something over. */
  readonly isCut: boolean;
}

const CUT = "cut";

/** Returns the place after a repository, or the place in it after a tag and a digest; null: all of them were seen. */
export function placeAfter(
  path: string,
  { tag, digest }: { readonly tag: string | null; readonly digest: string | null } = { tag: "", digest: "" },
): PreviewPlace {
  return { path, isWithin: false, tag: tag ?? DONE, digest: digest ?? DONE, isCut: false };
}

/** Reads a cursor, which may be any text. No path, tag or digest has a blank. */
export function readPlace(cursor: string | null): PreviewPlace {
  const [path = "", tag, digest, cut] = (cursor ?? "").split(" ");
  if (tag === undefined || digest === undefined) return placeAfter(path);
  return { path, isWithin: true, tag, digest, isCut: cut === CUT };
}

export function writePlace({ path, isWithin, tag, digest, isCut }: PreviewPlace): string {
  return isWithin ? [path, tag, digest, ...(isCut ? [CUT] : [])].join(" ") : path;
}
