import type { Digest } from "../../oci/digest.ts";
import { CliError } from "../exit.ts";

/** An image in a layout or an archive. */
export interface Choice {
  readonly digest: Digest;
  /** Its names, as `1`, `web:1` or `docker.io/library/web:1`. */
  readonly names: readonly string[];
}

/**
 * Chooses an image by name or digest, or the only one there is. `web:1` also means `docker.io/library/web:1`. Throws a
 * CliError that lists the choices.
 */
export function choose<C extends Choice>(choices: readonly C[], wanted: string | null, where: string): C {
  const named = choices.filter(({ names }) => names.length > 0);
  // Some tools list an index's children beside it, without names.
  const candidates = wanted === null ? (named.length > 0 ? named : choices) : wantedOf(choices, wanted);
  const [first, ...others] = candidates;
  if (first === undefined) throw nothing(choices, wanted, where);
  if (others.every(({ digest }) => digest === first.digest)) return first;
  throw several(candidates, first, wanted, where);
}

/** Makes the failure for several candidates. Its example uses a name if names tell them apart, else a digest. */
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

/** Returns the choices with exactly that name, else those whose name differs only by host and path in front. */
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

/** The most names that a message lists. */
const MOST_LISTED = 10;

function list(names: readonly string[]): string {
  const more = names.length > MOST_LISTED ? [`${names.length - MOST_LISTED} more`] : [];
  return [...names.slice(0, MOST_LISTED), ...more].join(", ");
}

function nameOf({ digest, names }: Choice): string {
  return names[0] ?? digest;
}
