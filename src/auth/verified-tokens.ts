import type { AccessClaims } from "./claims.ts";
import type { SigningKeys } from "./keys.ts";

/** An access token whose signature, kind, issuer and audience were verified. Times are seconds since the epoch. */
interface VerifiedToken {
  readonly claims: AccessClaims;
  readonly notBefore: number;
  readonly expiresAt: number;
}

/** The most tokens that an isolate remembers: enough for the clients of a busy one. */
const MAX_TOKENS = 1000;

/**
 * The most characters of a token to remember. A token for a push with mounts has a kilobyte; longer ones, which anybody
 * may ask for, would fill an isolate's memory.
 */
const MAX_LENGTH = 4096;

/** Tokens by the keys that verified them, so that a change of keys forgets them all. */
const verified = new WeakMap<SigningKeys, Map<string, VerifiedToken>>();

/**
 * Returns a token that was verified before. A client sends the same token with each request of a pull or push, so its
 * signature is checked once in an isolate's life. Null: unknown, or not valid at this time.
 * @param address the address that the token must be good for.
 * @param leeway seconds.
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

/**
 * Remembers a token, which must have been verified. If there are too many, the oldest is dropped; it is verified again
 * when it comes.
 */
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
