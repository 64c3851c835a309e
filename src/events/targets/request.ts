import * as z from "zod";
import { hmacSha256Hex } from "../sign.ts";
import { type Attempt, type TargetRequest, UnsendableError } from "../target.ts";

export const NO_CONFIG = z.strictObject({});

/** The whole Authorization header, as receivers of other registries' formats compare it. */
export const AUTHORIZATION = {
  title: "Authorization header",
  description: 'Sent unchanged, for receivers that check one, for example "Bearer …".',
} as const;

type Headers = TargetRequest["headers"];

/** `content-type` may be given among the headers. */
export function postJson(url: string, body: string, headers: Headers = {}): TargetRequest {
  return { url, method: "POST", headers: { "content-type": "application/json", ...headers }, body };
}

/** Throws UnsendableError: a target that needs a secret was made with one. */
export function newestSecret({ secrets }: Attempt<unknown>): string {
  const [newest] = secrets;
  if (newest === undefined) throw new UnsendableError("the target has no secret");
  return newest;
}

/** The secret as the whole of the Authorization header, as Harbor sends it; nothing without a secret. */
export function literalAuthorization({ secrets: [newest] }: Attempt<unknown>): Headers {
  return newest === undefined ? {} : { authorization: newest };
}

/** Flux's header and GitHub's, which hold the same. There is room for one signature: the newest secret's. */
export async function hmacHeaders(secret: string, body: string): Promise<Headers> {
  const signature = `sha256=${await hmacSha256Hex(secret, body)}`;
  return { "x-signature": signature, "x-hub-signature-256": signature };
}

/** An address below an API's own; each segment is escaped as a whole. Throws UnsendableError. */
export function below(base: string, segments: readonly string[]): string {
  const url = parseUrl(base);
  url.search = "";
  url.hash = "";
  url.pathname = [url.pathname.replace(/\/$/, ""), ...segments.map((segment) => encodeURIComponent(segment))].join("/");
  return url.href;
}

/** Throws UnsendableError. */
export function parseUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null) throw new UnsendableError("the target's address is not an absolute URL");
  return url;
}
