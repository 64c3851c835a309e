import { authenticateConsole, authenticateSecret, type SecretHolder } from "../auth/authenticate.ts";
import { consoleCookie, readConsoleCookie } from "../auth/console-cookie.ts";
import { type ConsoleSession, signConsoleSession } from "../auth/console-session.ts";
import type { Credential } from "../auth/credential.ts";
import type { Call } from "../call.ts";
import { RegistryError } from "../oci/errors.ts";
import { isoTime, readBody } from "./operation.ts";
import { type ConsoleRight, sessionInput } from "./session-schemas.ts";
import { whoamiView } from "./whoami.ts";

/** Takes a secret once, and gives a cookie that stands for it. */
export async function signIn(call: Call): Promise<Response> {
  const { authenticator, keys, realm } = call.registry;
  const { token: secret } = await readBody(sessionInput, call);
  const principal = await authenticateSecret(authenticator, secret.trim());
  const session = await signConsoleSession(keys, realm, authenticator.adminToken, credentialOf(principal), new Date());
  return answer(call, view(principal, session), consoleCookie(realm, session.token, session.lifetime));
}

/** Who is signed in, if anybody: asked by every page as it opens, so nobody being there is no error. */
export async function getSession(call: Call): Promise<Response> {
  const { request, registry } = call;
  const token = readConsoleCookie(request, registry.realm);
  if (token === null) return answer(call, null);
  try {
    const { principal, session } = await authenticateConsole(registry.authenticator, token);
    return answer(call, view(principal, session));
  } catch (fault) {
    if (!(fault instanceof RegistryError)) throw fault;
    return answer(call, null, consoleCookie(registry.realm));
  }
}

export function signOut({ registry }: Call): Response {
  return new Response(null, { status: 204, headers: { "Set-Cookie": consoleCookie(registry.realm) } });
}

function answer({ registry }: Call, session: object | null, cookie?: string): Response {
  const headers = new Headers({ "Cache-Control": "no-store" });
  if (cookie !== undefined) headers.set("Set-Cookie", cookie);
  return Response.json({ registry: registry.realm.service, session }, { headers });
}

function view(principal: SecretHolder, { expiresAt }: ConsoleSession): object {
  const credential = credentialOf(principal);
  return { ...whoamiView(credential), may: rights(credential), endsAt: isoTime(expiresAt * 1000) };
}

function credentialOf(principal: SecretHolder): Credential | null {
  return principal.kind === "admin" ? null : principal.credential;
}

/** What the console may show; the routes' own guards decide. */
function rights(credential: Credential | null): readonly ConsoleRight[] {
  if (credential === null) return ["manageInstallation", "manageSpace"];
  const { actions } = credential;
  return actions.map((action) => (action === "admin" ? "manageSpace" : action));
}
