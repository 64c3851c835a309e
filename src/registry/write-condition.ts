import type { Digest } from "../oci/digest.ts";
import { RegistryError } from "../oci/errors.ts";

/**
 * A write's condition on the digest that is there (RFC 9110, 13.1.1 and 13.1.2): under each tag that the write names,
 * or its own digest if it names none. `*` stands for any digest.
 */
export interface WriteCondition {
  /** The digest must be one of these; null: no condition. */
  readonly match: readonly string[] | null;
  /** The digest must be none of these. */
  readonly noneMatch: readonly string[];
}

/** True if the present digest meets the condition. */
function isMetBy({ match, noneMatch }: WriteCondition, digest: Digest): boolean {
  const has = (wanted: readonly string[]): boolean => wanted.includes("*") || wanted.includes(digest);
  return (match === null || has(match)) && !has(noneMatch);
}

/**
 * Checks the condition for content that is addressed by its digest, and so never has another. Absent content is not
 * checked here: the caller answers that it is absent. Throws PRECONDITION_FAILED.
 * @param find tells if the content is there at all.
 */
export async function requireCondition(
  condition: WriteCondition | null,
  digest: Digest,
  find: () => Promise<object | null>,
): Promise<void> {
  if (condition === null || isMetBy(condition, digest) || (await find()) === null) return;
  throw preconditionFailed(condition);
}

/** Makes the refusal, in the words of the condition. */
export function preconditionFailed({ match, noneMatch }: WriteCondition, cause?: unknown): RegistryError {
  const message = match === null && noneMatch.includes("*") ? CREATES_ONLY : match?.includes("*") ? MOVES_ONLY : null;
  return new RegistryError("PRECONDITION_FAILED", { cause, ...(message !== null && { message }) });
}

const CREATES_ONLY =
  "it already exists, and If-None-Match: * only creates, so nothing was changed; choose another tag, or leave the header out to replace it";
const MOVES_ONLY =
  "it does not exist, and If-Match: * only replaces, so nothing was changed; leave the header out to create it";
