import type { TokenRealm } from "./tokens.ts";

/** Why a token that was sent does not do (RFC 6750, 3.1): containerd asks for a new one only when it is told. */
export type ChallengeError = "invalid_token" | "insufficient_scope";

/**
 * The WWW-Authenticate header. One challenge, with no blank after its commas, and no other scheme beside it:
 * some clients split at every comma, others take the first scheme they know.
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
