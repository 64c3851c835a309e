import type { Answer } from "./transport.ts";

/**
 * The address that an answer's Location names; null where it names none. A registry behind something that ends TLS may
 * believe itself to be at http: what it names on its own host is asked for as the question was, never in the clear.
 */
export function locationIn({ headers, url }: Pick<Answer, "headers" | "url">): URL | null {
  const location = headers.get("location");
  if (location === undefined || !URL.canParse(location, url)) return null;
  const named = new URL(location, url);
  const isDowngrade = named.hostname === url.hostname && named.protocol === "http:" && url.protocol === "https:";
  return isDowngrade ? new URL(url.origin + named.pathname + named.search) : named;
}
