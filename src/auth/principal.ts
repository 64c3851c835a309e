import type { AccessClaims } from "./claims.ts";
import type { Credential } from "./credential.ts";

/** Who makes a request, as far as its Authorization header proves. */
export type Principal =
  | { readonly kind: "anonymous" }
  /** A credential's secret, sent with the request itself. */
  | { readonly kind: "credential"; readonly credential: Credential }
  /** An access token that the token endpoint signed. */
  | { readonly kind: "bearer"; readonly claims: AccessClaims }
  /** The installation's ADMIN_TOKEN; or the administrator with this address, whom Cloudflare Access let in. */
  | { readonly kind: "admin"; readonly email: string | null };

/** Who knows a secret of ours, or is let in as somebody who does. */
export type SecretHolder = Extract<Principal, { kind: "credential" | "admin" }>;
