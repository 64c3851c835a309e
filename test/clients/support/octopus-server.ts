import { createServer, type IncomingMessage, type Server } from "node:http";
import { json } from "node:stream/consumers";
import { createRemoteJWKSet, jwtVerify } from "jose";
import * as z from "zod";

export const API_KEY = "API-0123456789ABCDEF";
export const ACCOUNT = "863b4b7d-6308-456e-8375-8d9270e9be44";
const ACCESS_TOKEN = "octopus-access-token";

/** An OIDC identity of the service account, which may exchange its token for one of ours. */
interface TrustedIdentity {
  readonly issuer: string;
  readonly subject: string;
}

interface Call {
  readonly path: string;
  readonly body: unknown;
  readonly login: "api key" | "access token";
}

/** Stands in for Octopus Deploy, as far as its documentation says: Executions API, server tasks, token exchange. */
export interface OctopusServer {
  readonly url: string;
  /** The calls that started something, in order. */
  readonly calls: readonly Call[];
  trust(identity: TrustedIdentity): void;
  close(): void;
}

const release = z.object({ spaceIdOrName: z.literal("Spaces-1"), projectName: z.string(), releaseVersion: z.string() });

const exchange = z.object({
  grant_type: z.literal("urn:ietf:params:oauth:grant-type:token-exchange"),
  subject_token_type: z.literal("urn:ietf:params:oauth:token-type:jwt"),
  audience: z.literal(ACCOUNT),
  subject_token: z.string(),
});

/** Starts the stand-in. @param polls the number of looks at a task that still find it executing */
export function startOctopus(port: number, polls: number): OctopusServer {
  const url = `http://127.0.0.1:${port}`;
  const calls: Call[] = [];
  const asked = new Map<string, number>();
  let trusted: TrustedIdentity | null = null;

  /** Exchanges a token as Octopus does, by the discovery document and the keys of the issuer. */
  const exchangeToken = async (body: unknown): Promise<[number, object]> => {
    const parsed = exchange.safeParse(body);
    if (!parsed.success || trusted === null) return [400, refusal("Unknown identity")];
    const discovery = await (await fetch(`${trusted.issuer}/.well-known/openid-configuration`)).json();
    const keys = createRemoteJWKSet(new URL(z.object({ jwks_uri: z.url() }).parse(discovery).jwks_uri));
    const { issuer, subject } = trusted;
    await jwtVerify(parsed.data.subject_token, keys, { issuer, subject, audience: ACCOUNT });
    return [200, { access_token: ACCESS_TOKEN, token_type: "Bearer", expires_in: 3600 }];
  };

  const start = (path: string, body: unknown): [number, object] => {
    const { releaseVersion } = release.parse(body);
    const task = { ServerTaskId: `ServerTasks-${calls.length}` };
    if (path === "/api/Spaces-1/releases/create/v1") {
      return [201, { ReleaseId: `Releases-${calls.length}`, ReleaseVersion: releaseVersion }];
    }
    return [201, { DeploymentServerTasks: [{ DeploymentId: `Deployments-${calls.length}`, ...task }] }];
  };

  const taskState = (path: string): [number, object] => {
    const times = (asked.get(path) ?? 0) + 1;
    asked.set(path, times);
    const done = times > polls;
    return [200, { State: done ? "Success" : "Executing", IsCompleted: done, FinishedSuccessfully: done }];
  };

  const answer = async (request: IncomingMessage): Promise<[number, object]> => {
    const path = request.url ?? "/";
    if (path === "/.well-known/openid-configuration") return [200, { issuer: url, token_endpoint: `${url}/token/v1` }];
    const body: unknown = request.method === "POST" ? await json(request) : null;
    if (path === "/token/v1") return exchangeToken(body);
    const who = login(request);
    if (who === null) return [401, refusal("You must be logged in to request this resource.")];
    if (path.startsWith("/api/Spaces-1/tasks/")) return taskState(path);
    calls.push({ path, body, login: who });
    return start(path, body);
  };

  const server: Server = createServer((request, response) => {
    const reply = ([status, body]: [number, object]): void => {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    };
    answer(request).then(reply, (fault: unknown) => reply([400, refusal(String(fault))]));
  });
  server.listen(port, "127.0.0.1");
  return {
    url,
    calls,
    trust: (identity) => {
      trusted = identity;
    },
    close: () => {
      server.close();
    },
  };
}

function login({ headers }: IncomingMessage): Call["login"] | null {
  if (headers["x-octopus-apikey"] === API_KEY) return "api key";
  return headers.authorization === `Bearer ${ACCESS_TOKEN}` ? "access token" : null;
}

function refusal(message: string): object {
  return { ErrorMessage: message, Errors: [], error: "invalid_request", error_description: message };
}
