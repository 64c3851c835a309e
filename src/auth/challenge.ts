import type { TokenRealm } from "./tokens.ts";

/**
 * The reason for which a token was refused (RFC 6750, 3.1). containerd asks for a new token only if it is given one.
 */
export type ChallengeError = "invalid_token" | "insufficient_scope";

/**
 * Makes the WWW-Authenticate header. It has one challenge, with no blank after its commas and no other scheme beside
 * it: some clients split at every comma, others take the first scheme that they know.
 */
export function challenge(realm: TokenRealm, scopes: readonly string[], error: ChallengeError | null): string {
  const parameters = [
    `realm="${realm.issuer}/token"`,
    `service="${realm.service}"`,
    ...(scopes.length > 0 ? [`scope="${scopes.join(" ")}"`] : []),
    ...(error ? [`error="${error}"`] : []),
  ];
  return `Bearer ${parameters.join(",")}`;
}
