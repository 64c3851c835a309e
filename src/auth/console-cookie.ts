import { RegistryError } from "../oci/errors.ts";
import type { TokenRealm } from "./tokens.ts";

/**
 * The header that each change from the console has. A form cannot send it, and a browser asks us before a foreign page
 * may.
 */
const CONSOLE_HEADER = "X-Spacedock-Console";

const NAME = "spacedock-session";

/** Reads the session in the request's cookie, valid or not; null: there is none. */
export function readConsoleCookie(headers: Headers, realm: TokenRealm): string | null {
  const start = `${nameFor(realm)}=`;
  const pairs = (headers.get("Cookie") ?? "").split(";").map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(start))?.slice(start.length) ?? null;
}

/**
 * Makes the Set-Cookie header that keeps a session or, without a token and a lifetime, ends it.
 * @param lifetime seconds.
 */
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
 * Throws DENIED unless our own page asks for the change. A browser sends the cookie by itself, also for a foreign page,
 * so the cookie proves nothing about the page.
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

/** Returns the cookie's name. With https, its prefix keeps other hosts of the domain from setting it. */
function nameFor(realm: TokenRealm): string {
  return isSecure(realm) ? `__Host-${NAME}` : NAME;
}

function isSecure({ issuer }: TokenRealm): boolean {
  return issuer.startsWith("https:");
}
