/** A login for a registry. Some registries exchange a password for a refresh token at login. */
export type Credential =
  | { readonly kind: "password"; readonly username: string; readonly secret: string }
  | { readonly kind: "refresh-token"; readonly secret: string }
  /** Sent as it is, without a challenge, as the management API wants it. */
  | { readonly kind: "bearer"; readonly secret: string };
