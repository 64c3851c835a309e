import { ask, ORIGIN } from "./registry.ts";

/** The Set-Cookie header of signing in with this secret. Throws where that is refused. */
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

/** What a browser would send back. */
export async function signIn(secret: string): Promise<string> {
  return (await signInCookie(secret)).split(";")[0] ?? "";
}

/** The headers of the console's requests. */
export function consoleHeaders(cookie: string): Record<string, string> {
  return { Cookie: cookie, "X-Spacedock-Console": "1", Origin: ORIGIN };
}
