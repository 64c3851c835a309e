import { ask, ORIGIN } from "./registry.ts";

/** Signs in with this secret and returns the Set-Cookie header. Throws if the secret is refused. */
export async function signInCookie(secret: string, origin = ORIGIN): Promise<string> {
  const answer = await ask(new URL("/api/v1/session", origin).href, {
    method: "POST",
    headers: { "X-Spacedock-Console": "1" },
    body: JSON.stringify({ token: secret }),
  });
  const cookie = answer.headers.get("Set-Cookie");
  if (answer.status !== 200 || cookie === null) throw new Error(`signing in answered ${answer.status}`);
  return cookie;
}

/** Signs in and returns the cookie as a browser would send it back. */
export async function signIn(secret: string): Promise<string> {
  return (await signInCookie(secret)).split(";")[0] ?? "";
}

/** Returns the headers of the console's requests. */
export function consoleHeaders(cookie: string): Record<string, string> {
  return { Cookie: cookie, "X-Spacedock-Console": "1", Origin: ORIGIN };
}
