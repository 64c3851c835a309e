/** Where a page of a retention preview begins, as its cursor: in the middle of a repository, or after one. */

/** Sorts after every tag and every digest: nothing is left. */
const DONE = "~";

export interface PreviewPlace {
  readonly path: string;
  /** In the repository itself, and not after it. */
  readonly isWithin: boolean;
  /** The last tag and digest that were seen. */
  readonly tag: string;
  readonly digest: string;
  /** Something was passed over on a page before. */
  readonly isCut: boolean;
}

const CUT = "cut";

/** The place after a repository; or in one, after a tag and a digest. Null: all of them were seen. */
export function placeAfter(
  path: string,
  { tag, digest }: { readonly tag: string | null; readonly digest: string | null } = { tag: "", digest: "" },
): PreviewPlace {
  return { path, isWithin: false, tag: tag ?? DONE, digest: digest ?? DONE, isCut: false };
}

/** No path, tag or digest has a blank. A cursor may be any text. */
export function readPlace(cursor: string | null): PreviewPlace {
  const [path = "", tag, digest, cut] = (cursor ?? "").split(" ");
  if (tag === undefined || digest === undefined) return placeAfter(path);
  return { path, isWithin: true, tag, digest, isCut: cut === CUT };
}

export function writePlace({ path, isWithin, tag, digest, isCut }: PreviewPlace): string {
  return isWithin ? [path, tag, digest, ...(isCut ? [CUT] : [])].join(" ") : path;
}
