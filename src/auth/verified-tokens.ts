import type { AccessClaims } from "./claims.ts";
import type { SigningKeys } from "./keys.ts";

/** An access token whose signature, kind, issuer and audience were found right. Times are seconds since the epoch. */
interface VerifiedToken {
  readonly claims: AccessClaims;
  readonly notBefore: number;
  readonly expiresAt: number;
}

/** So many that a busy isolate's clients find theirs. */
const MAX_TOKENS = 1000;

/** One for a push with mounts has a kilobyte. Longer ones, which anybody may ask for, would fill an isolate's memory. Characters. */
const MAX_LENGTH = 4096;

/** By the keys that verified them: what was true under others is not asked. */
const verified = new WeakMap<SigningKeys, Map<string, VerifiedToken>>();

/**
 * A client sends the same token with each request of a pull or push: its signature is checked once in an isolate's life.
 * Null: unknown, or not good at this time. @param address what the token must be good for. @param leeway seconds.
 */
export function recallVerified(
  keys: SigningKeys,
  address: string,
  token: string,
  leeway: number,
  now: number,
): AccessClaims | null {
  const known = verified.get(keys)?.get(keyOf(address, token));
  const isNow = known !== undefined && known.notBefore <= now + leeway && known.expiresAt > now - leeway;
  return isNow ? known.claims : null;
}

/** Only what was verified may come here. The oldest goes where there are too many: it is verified anew. */
export function noteVerified(keys: SigningKeys, address: string, token: string, found: VerifiedToken): void {
  if (token.length > MAX_LENGTH) return;
  const tokens = verified.get(keys) ?? new Map<string, VerifiedToken>();
  verified.set(keys, tokens);
  tokens.set(keyOf(address, token), found);
  const [oldest] = tokens.keys();
  if (tokens.size > MAX_TOKENS && oldest !== undefined) tokens.delete(oldest);
}

function keyOf(address: string, token: string): string {
  return `${address} ${token}`;
}
