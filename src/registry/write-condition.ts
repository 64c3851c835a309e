import type { Digest } from "../oci/digest.ts";
import { RegistryError } from "../oci/errors.ts";

/**
 * What a write asks of the digest that is there (RFC 9110, 13.1.1 and 13.1.2): under each tag that it names, or its own where it names
 * none. `*` stands for any digest.
 */
export interface WriteCondition {
  /** It must be one of these; null: nothing is asked. */
  readonly match: readonly string[] | null;
  /** It must be none of these. */
  readonly noneMatch: readonly string[];
}

/** True if what is there, and has this digest, is as the condition wants it. */
function isMetBy({ match, noneMatch }: WriteCondition, digest: Digest): boolean {
  const has = (wanted: readonly string[]): boolean => wanted.includes("*") || wanted.includes(digest);
  return (match === null || has(match)) && !has(noneMatch);
}

/**
 * Checks the condition for what is addressed by its digest, and so never has another. `find` tells whether it is there at all: what is
 * absent fails by that. Throws PRECONDITION_FAILED.
 */
export async function requireCondition(
  condition: WriteCondition | null,
  digest: Digest,
  find: () => Promise<object | null>,
): Promise<void> {
  if (condition === null || isMetBy(condition, digest) || (await find()) === null) return;
  throw preconditionFailed(condition);
}

/** The refusal, in the words of what was asked. */
export function preconditionFailed({ match, noneMatch }: WriteCondition, cause?: unknown): RegistryError {
  const message = match === null && noneMatch.includes("*") ? CREATES_ONLY : match?.includes("*") ? MOVES_ONLY : null;
  return new RegistryError("PRECONDITION_FAILED", { cause, ...(message !== null && { message }) });
}

const CREATES_ONLY =
  "it already exists, and If-None-Match: * only creates, so nothing was changed; choose another tag, or leave the header out to replace it";
const MOVES_ONLY =
  "it does not exist, and If-Match: * only replaces, so nothing was changed; leave the header out to create it";
