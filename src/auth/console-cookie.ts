import { RegistryError } from "../oci/errors.ts";
import type { TokenRealm } from "./tokens.ts";

/** The header that each change from the console has: no form can send it, and no foreign page without being asked first. */
const CONSOLE_HEADER = "X-Spacedock-Console";

const NAME = "spacedock-session";

/** The session that the request's cookie holds, whatever it is worth; null without one. */
export function readConsoleCookie(headers: Headers, realm: TokenRealm): string | null {
  const start = `${nameFor(realm)}=`;
  const pairs = (headers.get("Cookie") ?? "").split(";").map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(start))?.slice(start.length) ?? null;
}

/** The Set-Cookie header that keeps a session; with no token and no lifetime, the one that ends it. @param lifetime seconds. */
export function consoleCookie(realm: TokenRealm, token = "", lifetime = 0): string {
  const attributes = [
    `${nameFor(realm)}=${token}`,
    "Path=/",
    `Max-Age=${lifetime}`,
    "HttpOnly",
    "SameSite=Strict",
    ...(isSecure(realm) ? ["Secure"] : []),
  ];
  return attributes.join("; ");
}

/**
 * A browser sends the cookie by itself, whoever made it ask: so a change must show that our own page asks for it.
 * Throws DENIED where it does not.
 */
export function requireOwnPage({ method, headers }: Request, url: URL, realm: TokenRealm): void {
  if (method === "GET" || method === "HEAD") return;
  if (headers.get(CONSOLE_HEADER) !== "1") {
    throw new RegistryError("DENIED", {
      message: `in a browser session, changes need the header ${CONSOLE_HEADER}: 1`,
    });
  }
  const origin = headers.get("Origin");
  if (origin !== null && origin !== url.origin && origin !== realm.issuer) {
    throw new RegistryError("DENIED", {
      message: "in a browser session, changes must come from the registry's own pages",
    });
  }
}

/** Where there is https, other hosts of the domain cannot set a cookie of this name. */
function nameFor(realm: TokenRealm): string {
  return isSecure(realm) ? `__Host-${NAME}` : NAME;
}

function isSecure({ issuer }: TokenRealm): boolean {
  return issuer.startsWith("https:");
}
