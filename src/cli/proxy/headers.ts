import type { IncomingHttpHeaders } from "node:http";
import type { HeaderFields } from "../client/transport.ts";

/** Headers that are about one connection and go no further (RFC 9110, 7.6.1). */
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

/**
 * A request's headers that are not forwarded: Host is the registry's own, undici frames the body itself, and the answer
 * "go on" has been given already.
 */
const OF_THE_REQUEST = new Set(["host", "content-length", "expect"]);

/** An answer's headers that are not forwarded: they offer another protocol at an address other than the proxy's. */
const OF_THE_ANSWER = new Set(["alt-svc"]);

/** Returns the client's headers in the form for the registry. */
export function requestHeaders(headers: IncomingHttpHeaders): Record<string, string | string[]> {
  return without(headers, OF_THE_REQUEST);
}

/** Two origins: the registry's own, and the one that the client uses for it. */
export interface Addresses {
  readonly registry: string;
  readonly client: string;
}

/** The headers of an answer that may contain the registry's addresses. */
const WITH_ADDRESSES = new Set(["location", "link", "www-authenticate"]);

/** Returns the registry's headers in the form for the client: the registry's addresses lead through the proxy. */
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

/**
 * Replaces the registry's origin if it stands as a whole. Addresses of other hosts stay, and the client goes to them
 * directly.
 */
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
