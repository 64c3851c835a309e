import type { IncomingHttpHeaders } from "node:http";
import type { HeaderFields } from "../client/transport.ts";

/** They are about one connection and go no further (RFC 9110, 7.6.1); Host is the registry's own. */
const OF_THE_CONNECTION = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Of a request: undici frames the body itself, and the answer "go on" has been given already. */
const OF_THE_REQUEST = new Set(["host", "content-length", "expect"]);

/** Of an answer: an offer of another protocol at an address that is not this one. */
const OF_THE_ANSWER = new Set(["alt-svc"]);

/** A client's headers, as the registry shall have them. */
export function requestHeaders(headers: IncomingHttpHeaders): Record<string, string | string[]> {
  return without(headers, OF_THE_REQUEST);
}

/** Where the registry is, and where the client believes that it is: both origins. */
export interface Addresses {
  readonly registry: string;
  readonly client: string;
}

/** The headers in which an answer may name addresses of the registry. */
const WITH_ADDRESSES = new Set(["location", "link", "www-authenticate"]);

/** A registry's headers, as the client shall have them: what leads to the registry leads through the proxy. */
export function answerHeaders(headers: HeaderFields, addresses: Addresses): Record<string, string | string[]> {
  const fields = without(headers, OF_THE_ANSWER);
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined && WITH_ADDRESSES.has(name)) fields[name] = rewritten(value, addresses);
  }
  return fields;
}

function rewritten(value: string | string[], addresses: Addresses): string | string[] {
  return Array.isArray(value)
    ? value.map((one) => rewriteAddresses(one, addresses))
    : rewriteAddresses(value, addresses);
}

/** Replaces the registry's origin wherever it stands as a whole: another host's addresses stay, and are gone to directly. */
export function rewriteAddresses(text: string, { registry, client }: Addresses): string {
  const origin = registry.replaceAll(/[.*+?^${}()|[\]]/g, String.raw`\$&`);
  return text.replaceAll(new RegExp(`(?<![^\\s"<=])${origin}(?=[/?#">\\s]|$)`, "gi"), client);
}

function without(headers: HeaderFields, names: ReadonlySet<string>): Record<string, string | string[]> {
  const named = new Set(
    String(headers["connection"] ?? "")
      .split(",")
      .map((name) => name.trim().toLowerCase()),
  );
  const fields: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || OF_THE_CONNECTION.has(name) || names.has(name) || named.has(name)) continue;
    fields[name] = value;
  }
  return fields;
}
