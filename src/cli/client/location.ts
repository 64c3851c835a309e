import type { Answer } from "./transport.ts";

/**
 * Returns the address in an answer's Location; null if there is none. A registry behind a proxy that ends TLS may name
 * its own host with http: that address keeps the scheme of the request, so nothing goes in the clear.
 */
export function locationIn({ headers, url }: Pick<Answer, "headers" | "url">): URL | null {
  const location = headers.get("location");
  if (location === undefined || !URL.canParse(location, url)) return null;
  const named = new URL(location, url);
  const isDowngrade = named.hostname === url.hostname && named.protocol === "http:" && url.protocol === "https:";
  return isDowngrade ? new URL(url.origin + named.pathname + named.search) : named;
}
