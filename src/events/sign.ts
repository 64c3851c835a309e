const PREFIX = "whsec_";

/** Bytes of a new key; Standard Webhooks asks for 24 to 64. */
const KEY_BYTES = 32;

const HMAC = { name: "HMAC", hash: "SHA-256" };

/** The content that a signature of Standard Webhooks covers. */
export interface SignedMessage {
  readonly id: string;
  /** Seconds since the epoch. */
  readonly timestamp: number;
  readonly body: string;
}

/** Makes a new secret in the form that Standard Webhooks asks for. */
export function makeWebhookSecret(): string {
  return PREFIX + crypto.getRandomValues(new Uint8Array(KEY_BYTES)).toBase64();
}

/** Makes the `webhook-signature` header: one `v1,<base64>` for each secret, so that a receiver may know any of them. */
export async function standardSignatures(
  secrets: readonly string[],
  { id, timestamp, body }: SignedMessage,
): Promise<string> {
  const signatures = secrets.map(async (secret) => {
    const key = Uint8Array.fromBase64(secret.slice(secret.startsWith(PREFIX) ? PREFIX.length : 0));
    return `v1,${(await hmacSha256(key, `${id}.${timestamp}.${body}`)).toBase64()}`;
  });
  return (await Promise.all(signatures)).join(" ");
}

/** Signs in hexadecimal. The key is the secret's characters as they are. */
export async function hmacSha256Hex(secret: string, body: string): Promise<string> {
  return (await hmacSha256(new TextEncoder().encode(secret), body)).toHex();
}

async function hmacSha256(secret: Uint8Array, text: string): Promise<Uint8Array> {
  const key = await crypto.subtle.importKey("raw", secret, HMAC, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign(HMAC, key, new TextEncoder().encode(text)));
}
