/** Sends requests as a client does, and compares each answer with those that are allowed. */

export interface Access {
  readonly url: string;
  /** A token's secret. */
  readonly secret: string;
}

interface Asking {
  /** The statuses that are allowed. */
  readonly expect: readonly number[];
  readonly body?: Uint8Array<ArrayBuffer>;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export class UnexpectedAnswer extends Error {
  readonly status: number;
  /** The registry's own code for the error; null if the answer has none. */
  readonly code: string | null;

  constructor(what: string, status: number, body: string) {
    super(`${what}: ${status} ${body.slice(0, 500)}`);
    this.status = status;
    this.code = /"code":"([A-Z_]+)"/.exec(body)?.[1] ?? null;
  }
}

/** Milliseconds to wait for an answer. */
const PATIENCE = 120_000;

/**
 * Sends one request and reads its answer to the end. Throws UnexpectedAnswer, and the error of `fetch` if
 * there is no answer.
 * @param address absolute, or relative to the registry
 */
export async function ask({ url, secret }: Access, method: string, address: string, asking: Asking): Promise<Answer> {
  const { expect, body = null, headers = {} } = asking;
  const response = await fetch(new URL(address, url), {
    method,
    headers: { Authorization: `Basic ${Buffer.from(`ci:${secret}`).toString("base64")}`, ...headers },
    body,
    signal: AbortSignal.timeout(PATIENCE),
  });
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (!expect.includes(response.status)) {
    throw new UnexpectedAnswer(`${method} ${address}`, response.status, Buffer.from(bytes).toString());
  }
  return { status: response.status, headers: response.headers, bytes };
}

/** Returns the address at which an upload goes on, by the answer to its last request. */
export function locationOf({ headers }: Answer): string {
  const location = headers.get("Location");
  if (location === null) throw new Error("the answer has no Location");
  return location;
}

/** Returns the address that ends an upload session. */
export function finishAddress(session: string, digest: string): string {
  return `${session}${session.includes("?") ? "&" : "?"}digest=${encodeURIComponent(digest)}`;
}
