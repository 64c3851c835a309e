import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { buffer, text } from "node:stream/consumers";
import { type Account, makeAccount, type Runtime } from "./account.ts";
import { Refusal, type Request } from "./refusal.ts";
import { ROUTES } from "./routes.ts";
import { accountOf, zonesNamed } from "./zones.ts";

/** A fault takes the place of a call's answer. `lost`: it takes effect, and its answer is lost. */
export type Fault = "lost" | "broken" | { readonly status: number; readonly code: number; readonly message?: string };

/** Decides about a call by its method, its path without the account, and its body. */
type Script = (call: string, body: string) => Fault | null;

/**
 * Stands in for Cloudflare's API, with the routes that wrangler 4.164 and `npm run deploy` use. It answers
 * as the API was seen to answer.
 */
export interface StandIn {
  readonly url: string;
  /** The account that exists from the beginning. */
  readonly account: Account;
  addAccount(id: string): Account;
  /** The calls so far, in the form that the script gets. */
  readonly calls: string[];
  script: Script;
  close(): Promise<void>;
}

const PATTERNS = ROUTES.map(([route, handler]) => {
  const [method = "", path = ""] = route.split(" ");
  return { method, pattern: new RegExp(`^${path.replaceAll("*", "([^/]+)")}$`), handler };
});

/** Starts the stand-in on a free port. It knows one account, `acme`. @param runtime runs uploaded Workers; null for none */
export async function startStandIn(runtime: Runtime | null = null): Promise<StandIn> {
  const calls: string[] = [];
  const accounts = new Map<string, Account>();
  const server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const origin = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  const addAccount = (id: string): Account => {
    const added = makeAccount(id, origin, runtime);
    accounts.set(id, added);
    return added;
  };
  const standIn: StandIn = {
    url: `${origin}/client/v4`,
    account: addAccount("acme"),
    addAccount,
    calls,
    script: () => null,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", origin);
    if (url.pathname.startsWith("/upload/")) return takeUpload(request, response, url.pathname.slice(8));
    if (url.pathname.startsWith("/export/")) return sendExport(response, url.pathname.split("/"));
    const path = url.pathname.replace(/^\/client\/v4/, "").replace(/^\/accounts\/([^/]+)(?=\/)/, "");
    const call = `${request.method} ${path}`;
    calls.push(call);
    const bytes = await buffer(request);
    const fault = standIn.script(call, bytes.toString("latin1"));
    if (fault === "broken") return void request.socket.destroy();
    if (typeof fault === "object" && fault !== null)
      return answer(response, new Refusal(fault.status, fault.code, fault.message ?? "injected"));
    const result = await route(call, url, bytes, request.headers["content-type"] ?? "");
    if (fault === "lost") return void request.socket.destroy();
    answer(response, result);
  }

  async function route(call: string, url: URL, bytes: Buffer, type: string): Promise<unknown> {
    const views = [...accounts.values()].map(({ id }) => ({ id, name: `Account ${id}` }));
    if (call === "GET /accounts") return views;
    if (call === "GET /memberships") return views.map((account) => ({ id: account.id, account }));
    if (call === "GET /zones") return zonesNamed(accounts.values(), url.searchParams.get("name"));
    const account = accountOf(accounts, url.pathname);
    if (account === undefined)
      return new Refusal(404, 7003, "Could not route: perhaps your object identifier is invalid?");
    const [method, path = ""] = call.split(" ");
    for (const { method: wanted, pattern, handler } of PATTERNS) {
      const match = method === wanted ? pattern.exec(path) : null;
      if (match === null) continue;
      const request: Request = {
        account,
        query: url.searchParams,
        body: () => new Response(new Uint8Array(bytes)).json(),
        form: () => new Response(new Uint8Array(bytes), { headers: { "Content-Type": type } }).formData(),
      };
      try {
        return await handler(request, ...match.slice(1));
      } catch (error) {
        return error instanceof Refusal ? error : new Refusal(500, 10013, String(error));
      }
    }
    return new Refusal(404, 7000, `No route for ${call}`);
  }

  async function sendExport(response: ServerResponse, [, , account = "", id = ""]: readonly string[]): Promise<void> {
    const database = accounts.get(account)?.databases.get(id);
    response.writeHead(200).end(await database?.sql.dump());
  }

  async function takeUpload(request: IncomingMessage, response: ServerResponse, account: string): Promise<void> {
    const sql = await text(request);
    const etag = createHash("md5").update(sql).digest("hex");
    accounts.get(account)?.uploads.set(etag, sql);
    response.writeHead(200, { ETag: `"${etag}"` }).end();
  }

  return standIn;
}

function answer(response: ServerResponse, result: unknown): void {
  const refusal = result instanceof Refusal ? result : null;
  response.writeHead(refusal?.status ?? 200, { "Content-Type": "application/json" });
  const errors = refusal === null ? [] : [{ code: refusal.code, message: refusal.message }];
  const info = Array.isArray(result)
    ? { page: 1, per_page: 100, count: result.length, total_count: result.length }
    : undefined;
  const content = { success: refusal === null, errors, messages: [], result: refusal === null ? result : null };
  response.end(JSON.stringify({ ...content, ...(info && { result_info: info }) }));
}
