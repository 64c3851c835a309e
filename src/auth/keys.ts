import { importJWK, type JSONWebKeySet, type JWK } from "jose";
import * as z from "zod";

export const SIGNING_ALGORITHM = "ES256";

const privateKeySet = z.object({
  keys: z
    .array(
      z.object({
        kty: z.literal("EC"),
        crv: z.literal("P-256"),
        kid: z.string().min(1),
        x: z.string(),
        y: z.string(),
        d: z.string(),
      }),
    )
    .min(1),
});

/**
 * The installation's keys. The first of SIGNING_KEYS signs and all verify, so a key is rotated by putting a new one in
 * front.
 */
export interface SigningKeys {
  readonly current: { readonly kid: string; readonly key: CryptoKey };
  readonly verifying: ReadonlyMap<string, CryptoKey>;
  /** The public keys, for `/.well-known/jwks.json`. */
  readonly published: JSONWebKeySet;
  /** Keys for the marks on upload sessions, derived from the private keys, in the same order. */
  readonly sessionKeys: readonly CryptoKey[];
}

const imported = new Map<string, Promise<SigningKeys>>();

/** Imports SIGNING_KEYS, once in an isolate's life. Throws if the setting is malformed. */
export function signingKeys(setting: string): Promise<SigningKeys> {
  let keys = imported.get(setting);
  if (keys === undefined) {
    keys = importKeys(setting);
    imported.set(setting, keys);
  }
  return keys;
}

async function importKeys(setting: string): Promise<SigningKeys> {
  const { keys } = privateKeySet.parse(JSON.parse(setting));
  const publicKeys: JWK[] = keys.map(({ kty, crv, kid, x, y }) => ({
    kty,
    crv,
    kid,
    x,
    y,
    alg: SIGNING_ALGORITHM,
    use: "sig",
  }));
  const [first] = keys;
  if (first === undefined) throw new TypeError("SIGNING_KEYS has no key");
  return {
    current: { kid: first.kid, key: await importKey(first) },
    verifying: new Map(
      await Promise.all(publicKeys.map(async (jwk) => [jwk.kid ?? "", await importKey(jwk)] as const)),
    ),
    published: { keys: publicKeys },
    sessionKeys: await Promise.all(keys.map(({ d }) => deriveSessionKey(d))),
  };
}

async function importKey(jwk: JWK): Promise<CryptoKey> {
  const key = await importJWK(jwk, SIGNING_ALGORITHM);
  if (!(key instanceof CryptoKey)) throw new TypeError("SIGNING_KEYS holds a symmetric key");
  return key;
}

async function deriveSessionKey(privateValue: string): Promise<CryptoKey> {
  const seed = new TextEncoder().encode(`spacedock upload session ${privateValue}`);
  const bytes = await crypto.subtle.digest("SHA-256", seed);
  return crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign", "verify"]);
}
