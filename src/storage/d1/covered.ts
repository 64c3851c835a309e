import type { PageRequest, Part } from "../../oci/page.ts";
import { matchesRepository, rangeOf, textAfter, weightOf } from "../../oci/repository-pattern.ts";

/** Rows to read in each further look at the database, if patterns cover little of a large space. */
const SCAN = 1000;

/** The most that matching one page may cost, as rows times the patterns' weight. With more or longer patterns, pages get shorter. */
const MOST_WORK = 30_000;

/** The most looks for one page. After them the page is short, or empty, and the list goes on. */
const MAX_LOOKS = 5;

/** Reads rows by path, from the first text on and before the second, at most `limit`. */
export type Look<T> = (from: string, before: string, limit: number) => Promise<readonly T[]>;

/** Lists the rows whose paths these patterns cover, ordered by path. A page costs the same however many rows there are. */
export async function listCovered<T extends { readonly path: string }>(
  patterns: readonly string[],
  { limit, last }: PageRequest,
  look: Look<T>,
): Promise<Part<T>> {
  const [first, before] = rangeOf(patterns);
  const affordable = Math.ceil(MOST_WORK / weightOf(patterns) / MAX_LOOKS);
  const covered: T[] = [];
  let from = laterOf(first, last);
  for (let looks = 0; ; looks++) {
    const wanted = Math.min(looks === 0 ? limit + 1 : SCAN, affordable);
    const found = await look(from, before, wanted);
    covered.push(...found.filter(({ path }) => matchesRepository(patterns, path)));
    const end = found.at(-1)?.path ?? null;
    if (covered.length > limit) return { entries: covered.slice(0, limit), next: covered[limit - 1]?.path ?? null };
    if (end === null || found.length < wanted) return { entries: covered, next: null };
    // A page of no entries does not show if there are any.
    if (limit === 0) return { entries: [], next: null };
    if (looks + 1 === MAX_LOOKS) return { entries: covered, next: end };
    from = textAfter(end);
  }
}

function laterOf(first: string, last: string | null): string {
  const next = last === null ? "" : textAfter(last);
  return next > first ? next : first;
}
