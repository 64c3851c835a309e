import type { AccessClaims } from "./claims.ts";
import type { Credential } from "./credential.ts";

/** The sender of a request, as far as its Authorization header proves. */
export type Principal =
  | { readonly kind: "anonymous" }
  /** The sender of a credential's secret. */
  | { readonly kind: "credential"; readonly credential: Credential }
  /** The sender of an access token that the token endpoint signed. */
  | { readonly kind: "bearer"; readonly claims: AccessClaims }
  /**
   * The sender of the installation's ADMIN_TOKEN, or the administrator with this address that Cloudflare Access let in.
   */
  | { readonly kind: "admin"; readonly email: string | null };

/** A sender who knows one of our secrets, or is let in as one who does. */
export type SecretHolder = Extract<Principal, { kind: "credential" | "admin" }>;
