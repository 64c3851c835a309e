/** AES-GCM's nonce, in bytes. */
const NONCE_BYTES = 12;

/** Encrypts texts that must be given back unchanged: the secrets of targets. A credential's secret is only hashed. */
export interface SecretBox {
  /** Encrypts a text. It opens only with the same `context`, which ties it to its owner. */
  seal(secret: string, context: string): Promise<string>;
  /** Decrypts a text. Throws if it was sealed with another key or context. */
  open(sealed: string, context: string): Promise<string>;
}

/**
 * Makes a box from a setting.
 * @param setting any text with enough randomness; the key is its SHA-256.
 */
export function secretBox(setting: string): SecretBox {
  const encoder = new TextEncoder();
  return {
    async seal(secret, context) {
      const iv = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
      const algorithm = { name: "AES-GCM", iv, additionalData: encoder.encode(context) };
      const bytes = await crypto.subtle.encrypt(algorithm, await keyOf(setting), encoder.encode(secret));
      return `${iv.toBase64()}.${new Uint8Array(bytes).toBase64()}`;
    },

    async open(sealed, context) {
      const [iv = "", bytes = ""] = sealed.split(".");
      const algorithm = { name: "AES-GCM", iv: Uint8Array.fromBase64(iv), additionalData: encoder.encode(context) };
      return new TextDecoder().decode(
        await crypto.subtle.decrypt(algorithm, await keyOf(setting), Uint8Array.fromBase64(bytes)),
      );
    },
  };
}

const keys = new Map<string, Promise<CryptoKey>>();

/** Imports a key when it is first needed, once in an isolate's life. */
function keyOf(setting: string): Promise<CryptoKey> {
  let key = keys.get(setting);
  if (key === undefined) {
    key = importKey(setting);
    keys.set(setting, key);
  }
  return key;
}

async function importKey(setting: string): Promise<CryptoKey> {
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(setting));
  return crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
}
