/** What a registry knows a person by. A refresh token is what some registries give for a password at login. */
export type Credential =
  | { readonly kind: "password"; readonly username: string; readonly secret: string }
  | { readonly kind: "refresh-token"; readonly secret: string }
  /** Sent as it is, without a challenge: the management API's way. */
  | { readonly kind: "bearer"; readonly secret: string };
