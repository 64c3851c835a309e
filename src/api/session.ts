import * as z from "zod";
import {
  authenticateBrowser,
  authenticateSecret,
  type BrowserProof,
  browserProofOf,
  type BrowserSession,
  sessionMark,
} from "../auth/authenticate.ts";
import { actorOf } from "../auth/authorize.ts";
import { consoleCookie } from "../auth/console-cookie.ts";
import { signConsoleSession } from "../auth/console-session.ts";
import type { Credential } from "../auth/credential.ts";
import type { SecretHolder } from "../auth/principal.ts";
import { LEEWAY } from "../auth/tokens.ts";
import type { Installation } from "../call.ts";
import { open, ownPage } from "../guard.ts";
import { RegistryError } from "../oci/errors.ts";
import { noteAct } from "./activity.ts";
import { isoTime } from "./answer.ts";
import { type Answer, defineOperation, Headed } from "./operation.ts";
import { time } from "./shapes.ts";
import { whoamiOutput, whoamiView } from "./whoami.ts";

/** The rights for which the console shows buttons. */
const CONSOLE_RIGHTS = ["manageInstallation", "manageSpace", "readSpace", "pull", "push", "delete"] as const;

type ConsoleRight = (typeof CONSOLE_RIGHTS)[number];

const sessionInput = z.strictObject({
  token: z.string().trim().min(1).max(1000).meta({ description: "A token's secret, or ADMIN_TOKEN; it is not kept." }),
});

const sessionOutput = z
  .object({
    registry: z.string().meta({ description: "The host that clients log in to." }),
    session: whoamiOutput
      .extend({
        email: z
          .string()
          .nullable()
          .meta({ description: "The administrator's address from Cloudflare Access; null: signed in with a token." }),
        may: z.array(z.enum(CONSOLE_RIGHTS)).meta({ description: "What the console offers in this session." }),
        endsAt: time.meta({ description: "When the session ends." }),
      })
      .nullable()
      .meta({ description: "The session; null: nobody is signed in." }),
    refusal: z
      .string()
      .nullable()
      .meta({ description: "Why Cloudflare Access did not sign in the caller; null: it did, or is not used." }),
  })
  .meta({ id: "ConsoleSession" });

/** Takes a secret once and gives a cookie that stands for it. */
export const signIn = defineOperation({
  id: "signIn",
  method: "POST",
  path: "/api/v1/session",
  guard: ownPage,
  summary: "Sign in to the console: sets a cookie; needs the header X-Spacedock-Console: 1",
  body: sessionInput,
  answer: sessionOutput,
  noStore: true,
  async run({ body, registry }) {
    const { authenticator, keys, realm } = registry;
    const principal = await authenticateSecret(authenticator, body.token);
    const credential = credentialOf(principal);
    const session = await signConsoleSession(keys, realm, authenticator.adminToken, credential, new Date());
    const { expiresAt } = session;
    await noteAct(registry, credential, { actor: actorOf(principal), action: "session.began" });
    return new Headed(view(registry, { session: { principal, expiresAt } }), {
      "Set-Cookie": consoleCookie(realm, session.token, session.lifetime),
    });
  },
});

/** Tells who is signed in. Each page of the console asks this as it opens, so it is no error if nobody is. */
export const getSession = defineOperation({
  id: "getSession",
  method: "GET",
  path: "/api/v1/session",
  guard: open,
  summary: "Show who is signed in to the console, if anyone",
  answer: sessionOutput,
  noStore: true,
  async run({ headers, registry }) {
    const proof = browserProofOf(registry.authenticator, headers);
    if (proof === null) return view(registry);
    try {
      return view(registry, { session: await authenticateBrowser(registry.authenticator, proof) });
    } catch (fault) {
      if (!(fault instanceof RegistryError)) throw fault;
      if (proof.kind === "cookie") return new Headed(view(registry), { "Set-Cookie": consoleCookie(registry.realm) });
      return view(registry, { refusal: fault.message });
    }
  },
});

/** Ends the session, wherever its cookie was kept. Without a session it does nothing. */
export const signOut = defineOperation({
  id: "signOut",
  method: "DELETE",
  path: "/api/v1/session",
  guard: ownPage,
  summary: "Sign out of the console; needs the header X-Spacedock-Console: 1",
  async run({ headers, registry }) {
    const proof = browserProofOf(registry.authenticator, headers);
    if (proof !== null) await endSession(registry, proof);
    return new Headed(undefined, { "Set-Cookie": consoleCookie(registry.realm) });
  },
});

async function endSession(registry: Installation, proof: BrowserProof): Promise<void> {
  try {
    const { principal, expiresAt } = await authenticateBrowser(registry.authenticator, proof);
    await registry.management.endedSessions.end(await sessionMark(proof), (expiresAt + LEEWAY) * 1000);
    const act = { actor: actorOf(principal), action: "session.ended" } as const;
    await noteAct(registry, credentialOf(principal), act);
  } catch (fault) {
    // A proof that is not valid, or no longer, has no session to end.
    if (!(fault instanceof RegistryError)) throw fault;
  }
}

type SessionAnswer = Answer<typeof sessionOutput>;

interface Found {
  readonly session?: BrowserSession;
  readonly refusal?: string;
}

function view({ realm }: Installation, { session, refusal }: Found = {}): SessionAnswer {
  return {
    registry: realm.service,
    session: session === undefined ? null : sessionView(session),
    refusal: refusal ?? null,
  };
}

function sessionView({ principal, expiresAt }: BrowserSession): SessionAnswer["session"] {
  const credential = credentialOf(principal);
  const email = principal.kind === "admin" ? principal.email : null;
  return { ...whoamiView(credential), email, may: rights(credential), endsAt: isoTime(expiresAt * 1000) };
}

function credentialOf(principal: SecretHolder): Credential | null {
  return principal.kind === "admin" ? null : principal.credential;
}

/** Lists what the console may show; the operations' own guards decide. */
function rights(credential: Credential | null): readonly ConsoleRight[] {
  if (credential === null) return ["manageInstallation", "manageSpace", "readSpace"];
  const { actions } = credential;
  const reads = actions.includes("admin") || actions.includes("pull");
  return [
    ...actions.map((action) => (action === "admin" ? "manageSpace" : action)),
    ...(reads ? (["readSpace"] as const) : []),
  ];
}
