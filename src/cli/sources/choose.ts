import type { Digest } from "../../oci/digest.ts";
import { CliError } from "../exit.ts";

/** One of the things that a layout or an archive holds. */
export interface Choice {
  readonly digest: Digest;
  /** As `1`, `web:1` or `docker.io/library/web:1`. */
  readonly names: readonly string[];
}

/**
 * The one that a person means: by name, by digest, or the only one there is. `docker.io/library/web:1` may be called
 * `web:1` too. Throws a CliError that lists what there is.
 */
export function choose<C extends Choice>(choices: readonly C[], wanted: string | null, where: string): C {
  const named = choices.filter(({ names }) => names.length > 0);
  // Some tools list the children of an index beside it, without a name.
  const candidates = wanted === null ? (named.length > 0 ? named : choices) : wantedOf(choices, wanted);
  const [first, ...others] = candidates;
  if (first === undefined) throw nothing(choices, wanted, where);
  if (others.every(({ digest }) => digest === first.digest)) return first;
  throw several(candidates, first, wanted, where);
}

/** Where names tell them apart, one is named by its name, else by its digest. */
function several(candidates: readonly Choice[], first: Choice, wanted: string | null, where: string): CliError {
  const names = new Set(candidates.map(nameOf));
  if (names.size === candidates.length) {
    return new CliError("usage", `${where} holds several images: ${list([...names])}`, {
      hint: `Name one: ${where}:${nameOf(first)}`,
    });
  }
  const digests = list([...new Set(candidates.map(({ digest }) => digest))]);
  const what = wanted === null ? "" : ` named "${wanted}"`;
  return new CliError("usage", `${where} holds several images${what}: ${digests}`, {
    hint: `Name one by its digest: ${where}:${first.digest}`,
  });
}

/** What is called exactly that, else what is but for the host and path before it. */
function wantedOf<C extends Choice>(choices: readonly C[], wanted: string): readonly C[] {
  const exact = choices.filter(({ names }) => names.includes(wanted));
  return exact.length > 0 ? exact : choices.filter((one) => matches(one, wanted));
}

function matches({ digest, names }: Choice, wanted: string): boolean {
  return digest === wanted || names.some((name) => name.endsWith(`/${wanted}`));
}

function nothing(choices: readonly Choice[], wanted: string | null, where: string): CliError {
  if (wanted === null) return new CliError("invalid", `${where} holds nothing to push`);
  return new CliError("not-found", `${where} has no "${wanted}"`, {
    hint: choices.length === 0 ? "It is empty." : `It has ${list([...new Set(choices.map(nameOf))])}.`,
  });
}

/** As many as a person reads. */
const MOST_LISTED = 10;

function list(names: readonly string[]): string {
  const more = names.length > MOST_LISTED ? [`${names.length - MOST_LISTED} more`] : [];
  return [...names.slice(0, MOST_LISTED), ...more].join(", ");
}

function nameOf({ digest, names }: Choice): string {
  return names[0] ?? digest;
}
