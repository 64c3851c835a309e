import { reply, serve, type TestServer, urlOf } from "./server.ts";

/** The server's description of the token `sdt_good`. */
export const KNOWN = {
  kind: "token",
  space: "acme",
  token: { id: "tok_1", name: "ci", actions: ["pull", "push"], repositories: ["web/*"], expiresAt: null },
};

interface LoginOptions {
  /** The answer of `whoami` to the good token; null for a server that is no Spacedock. */
  readonly who?: object | null;
  /** The largest body that is let pass; if absent, it takes no uploads. */
  readonly bodyLimit?: number;
  /** The error of its clock in milliseconds. */
  readonly skew?: number;
}

export interface LoginServer extends TestServer {
  /** Sizes of the announced bodies. */
  readonly announced: number[];
  /** Open upload sessions. */
  readonly sessions: Set<string>;
}

/** Serves a registry to log in to, like Spacedock: the token endpoint takes `sdt_good`, and only the management API takes ADMIN_TOKEN. */
export async function serveLogin({ who = KNOWN, bodyLimit, skew = 0 }: LoginOptions = {}): Promise<LoginServer> {
  const announced: number[] = [];
  const sessions = new Set<string>();
  let begun = 0;
  const server = await serve((request, response) => {
    const { pathname } = urlOf(request);
    const { authorization = "", host = "" } = request.headers;
    const password = Buffer.from(authorization.replace("Basic ", ""), "base64").toString().replace(/^.*?:/, "");
    response.setHeader("date", new Date(Date.now() + skew).toUTCString());
    const challenge = { "www-authenticate": `Bearer realm="http://${host}/token",service="${host}"` };
    const whole = (status: number, body: unknown): void =>
      reply(response, status, { "content-type": "application/json" }, JSON.stringify(body));
    if (pathname === "/token") whole(password === "sdt_good" ? 200 : 401, { token: "access" });
    else if (pathname === "/api/v1/openapi.json" && who !== null) {
      whole(200, { info: { title: "Spacedock management API", version: "1" } });
    } else if (pathname === "/api/v1/whoami" && who !== null) {
      const isAdmin = authorization === "Bearer admin-token";
      if (isAdmin) whole(200, { kind: "installation", space: null, token: null });
      else whole(authorization === "Bearer sdt_good" ? 200 : 401, who);
    } else if (!pathname.startsWith("/v2/")) whole(404, {});
    else if (authorization !== "Bearer access") reply(response, 401, challenge, "{}");
    else if (request.method === "POST") {
      begun += 1;
      const session = `/v2/session/${begun}`;
      sessions.add(session);
      reply(response, 202, { location: session });
    } else if (request.method === "PATCH") {
      const length = Number(request.headers["content-length"]);
      announced.push(length);
      if (length > (bodyLimit ?? Number.POSITIVE_INFINITY)) reply(response, 413, { connection: "close" }, "<html>");
    } else if (request.method === "DELETE") {
      sessions.delete(pathname);
      reply(response, 204);
    } else whole(200, {});
  });
  return { ...server, announced, sessions };
}
