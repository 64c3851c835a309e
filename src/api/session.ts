import {
  authenticateBrowser,
  authenticateSecret,
  type BrowserProof,
  browserProofOf,
  type BrowserSession,
  sessionMark,
} from "../auth/authenticate.ts";
import { consoleCookie } from "../auth/console-cookie.ts";
import { signConsoleSession } from "../auth/console-session.ts";
import { actorOf } from "../auth/authorize.ts";
import type { Credential } from "../auth/credential.ts";
import type { SecretHolder } from "../auth/principal.ts";
import { LEEWAY } from "../auth/tokens.ts";
import { noteAct } from "./activity.ts";
import type { Call, Registry } from "../call.ts";
import { RegistryError } from "../oci/errors.ts";
import { isoTime } from "./answer.ts";
import { readBody } from "./input.ts";
import { type ConsoleRight, sessionInput } from "./session-schemas.ts";
import { whoamiView } from "./whoami.ts";

/** Takes a secret once, and gives a cookie that stands for it. */
export async function signIn(call: Call): Promise<Response> {
  const { authenticator, keys, realm } = call.registry;
  const { token: secret } = await readBody(sessionInput, call);
  const principal = await authenticateSecret(authenticator, secret.trim());
  const session = await signConsoleSession(keys, realm, authenticator.adminToken, credentialOf(principal), new Date());
  const { expiresAt } = session;
  await noteAct(call.registry, credentialOf(principal), { actor: actorOf(principal), action: "session.began" });
  return answer(
    call,
    { session: view({ principal, expiresAt }) },
    consoleCookie(realm, session.token, session.lifetime),
  );
}

/** Who is signed in, if anybody: asked by every page as it opens, so nobody being there is no error. */
export async function getSession(call: Call): Promise<Response> {
  const { request, registry } = call;
  const proof = browserProofOf(registry.authenticator, request);
  if (proof === null) return answer(call, {});
  try {
    return answer(call, { session: view(await authenticateBrowser(registry.authenticator, proof)) });
  } catch (fault) {
    if (!(fault instanceof RegistryError)) throw fault;
    if (proof.kind === "cookie") return answer(call, {}, consoleCookie(registry.realm));
    return answer(call, { refusal: fault.message });
  }
}

/** Ends the session, wherever its cookie was kept. Where there is none, that is no error. */
export async function signOut({ request, registry }: Call): Promise<Response> {
  const proof = browserProofOf(registry.authenticator, request);
  if (proof !== null) await endSession(registry, proof);
  return new Response(null, { status: 204, headers: { "Set-Cookie": consoleCookie(registry.realm) } });
}

async function endSession(registry: Registry, proof: BrowserProof): Promise<void> {
  try {
    const { principal, expiresAt } = await authenticateBrowser(registry.authenticator, proof);
    await registry.management.endedSessions.end(await sessionMark(proof), (expiresAt + LEEWAY) * 1000);
    const act = { actor: actorOf(principal), action: "session.ended" } as const;
    await noteAct(registry, credentialOf(principal), act);
  } catch (fault) {
    // What proves nothing, or no longer, is no session to be ended.
    if (!(fault instanceof RegistryError)) throw fault;
  }
}

interface Answer {
  readonly session?: object;
  readonly refusal?: string;
}

function answer({ registry }: Call, { session, refusal }: Answer, cookie?: string): Response {
  const headers = new Headers({ "Cache-Control": "no-store" });
  if (cookie !== undefined) headers.set("Set-Cookie", cookie);
  const body = { registry: registry.realm.service, session: session ?? null, refusal: refusal ?? null };
  return Response.json(body, { headers });
}

function view({ principal, expiresAt }: BrowserSession): object {
  const credential = credentialOf(principal);
  const email = principal.kind === "admin" ? principal.email : null;
  return { ...whoamiView(credential), email, may: rights(credential), endsAt: isoTime(expiresAt * 1000) };
}

function credentialOf(principal: SecretHolder): Credential | null {
  return principal.kind === "admin" ? null : principal.credential;
}

/** What the console may show; the routes' own guards decide. */
function rights(credential: Credential | null): readonly ConsoleRight[] {
  if (credential === null) return ["manageInstallation", "manageSpace", "readSpace"];
  const { actions } = credential;
  const reads = actions.includes("admin") || actions.includes("pull");
  return [
    ...actions.map((action) => (action === "admin" ? "manageSpace" : action)),
    ...(reads ? (["readSpace"] as const) : []),
  ];
}
