import * as z from "zod";
import { hmacSha256Hex } from "../sign.ts";
import { type Attempt, type TargetRequest, UnsendableError } from "../target.ts";

export const NO_CONFIG = z.strictObject({});

/** Describes a secret that is the whole Authorization header, as receivers of other registries' formats compare it. */
export const AUTHORIZATION = {
  title: "Authorization header",
  description: 'Sent unchanged, for receivers that check one, for example "Bearer …".',
} as const;

type Headers = TargetRequest["headers"];

/** Makes a POST of JSON. The headers may have a `content-type` of their own. */
export function postJson(url: string, body: string, headers: Headers = {}): TargetRequest {
  return { url, method: "POST", headers: { "content-type": "application/json", ...headers }, body };
}

/** Returns the newest secret. Throws UnsendableError if there is none, though a target that needs one was made with it. */
export function newestSecret({ secrets }: Attempt<unknown>): string {
  const [newest] = secrets;
  if (newest === undefined) throw new UnsendableError("the target has no secret");
  return newest;
}

/** Makes an Authorization header that is the secret as it is, as Harbor sends it; none without a secret. */
export function literalAuthorization({ secrets: [newest] }: Attempt<unknown>): Headers {
  return newest === undefined ? {} : { authorization: newest };
}

/** Makes Flux's header and GitHub's, which hold the same. They have room for one signature: the newest secret's. */
export async function hmacHeaders(secret: string, body: string): Promise<Headers> {
  const signature = `sha256=${await hmacSha256Hex(secret, body)}`;
  return { "x-signature": signature, "x-hub-signature-256": signature };
}

/** Makes an address below an API's own, with each segment escaped as a whole. Throws UnsendableError. */
export function below(base: string, segments: readonly string[]): string {
  const url = parseUrl(base);
  url.search = "";
  url.hash = "";
  url.pathname = [url.pathname.replace(/\/$/, ""), ...segments.map((segment) => encodeURIComponent(segment))].join("/");
  return url.href;
}

/** Parses an address. Throws UnsendableError. */
export function parseUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null) throw new UnsendableError("the target's address is not an absolute URL");
  return url;
}
