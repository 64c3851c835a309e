import type { IncomingMessage, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { beforeEach, describe, expect, it } from "vitest";
import { type Connection, connect } from "../../../src/cli/client/connection.ts";
import { parseRegistry } from "../../../src/cli/client/reference.ts";
import type { Credential } from "../../../src/cli/credentials/credential.ts";
import { refuse, reply, serve, urlOf } from "../support/server.ts";

const PASSWORD: Credential = { kind: "password", username: "ci", secret: "s3cret" };
const BASIC = `Basic ${Buffer.from("ci:s3cret").toString("base64")}`;

interface TokenRequest {
  readonly method: string;
  readonly authorization: string | null;
  readonly scopes: readonly string[];
  readonly body: string;
}

let challenge = "";
let expiresIn: number | undefined;
let tokenStatus = 200;
let tokens: TokenRequest[] = [];
let revoked = new Set<string>();
let isGood: (authorization: string | null) => boolean = () => true;
let served: { readonly path: string; readonly authorization: string | null }[] = [];

const elsewhere = await serve((request, response) => {
  served.push({ path: request.url ?? "", authorization: request.headers.authorization ?? null });
  reply(response, 200, {}, "from elsewhere");
});

const server = await serve((request, response) => void answer(request, response));

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const authorization = request.headers.authorization ?? null;
  const { pathname, searchParams } = urlOf(request);
  const body = await text(request);
  if (pathname === "/token") {
    tokens.push({ method: request.method ?? "", authorization, scopes: searchParams.getAll("scope"), body });
    const token = `token-${tokens.length}`;
    return tokenStatus === 200
      ? reply(response, 200, {}, JSON.stringify({ token, expires_in: expiresIn }))
      : refuse(response, tokenStatus, "UNAUTHORIZED");
  }
  served.push({ path: request.url ?? "", authorization });
  if (!isGood(authorization) || revoked.has(authorization ?? ""))
    return refuse(response, 401, "UNAUTHORIZED", { "www-authenticate": challenge });
  if (pathname === "/v2/redirected") return reply(response, 307, { location: `${elsewhere.url}/there` });
  reply(response, 200, {}, body);
}

beforeEach(() => {
  challenge = `Bearer realm="${server.url}/token",service="registry.test"`;
  expiresIn = 300;
  tokenStatus = 200;
  tokens = [];
  served = [];
  revoked = new Set();
  isGood = (authorization) => authorization?.startsWith("Bearer token-") === true;
});

function open(credential: Credential | null = PASSWORD): Connection {
  return connect(parseRegistry(server.host), { env: {}, credential, wait: () => Promise.resolve() });
}

async function get(connection: Connection, scope = "repository:acme/web:pull", address = "/v2/x"): Promise<string> {
  const { body } = await connection.ask({ method: "GET", address, scopes: [scope], expect: [200] });
  return text(body);
}

describe("authorization", () => {
  it("trades the password for a token where the registry asks for one, and keeps it", async () => {
    const connection = open();
    await get(connection);
    await get(connection);
    expect(tokens).toEqual([{ method: "GET", authorization: BASIC, scopes: ["repository:acme/web:pull"], body: "" }]);
    expect(served.map(({ authorization }) => authorization)).toEqual([null, "Bearer token-1", "Bearer token-1"]);
  });

  it("has a token for each scope", async () => {
    const connection = open();
    await get(connection, "repository:acme/web:pull");
    await get(connection, "repository:acme/web:pull,push");
    expect(tokens.map(({ scopes }) => scopes[0])).toEqual([
      "repository:acme/web:pull",
      "repository:acme/web:pull,push",
    ]);
  });

  it("asks once for what several requests need at a time", async () => {
    const connection = open();
    await get(connection, "repository:acme/other:pull");
    await Promise.all([get(connection), get(connection), get(connection)]);
    expect(tokens).toHaveLength(2);
  });

  it("asks for a token without a credential too: a repository may be public", async () => {
    await get(open(null));
    expect(tokens).toMatchObject([{ authorization: null }]);
  });

  it("trades a refresh token by POST", async () => {
    await get(open({ kind: "refresh-token", secret: "refresh+me" }));
    expect(tokens).toMatchObject([{ method: "POST", authorization: null }]);
    expect(Object.fromEntries(new URLSearchParams(tokens[0]?.body))).toMatchObject({
      grant_type: "refresh_token",
      refresh_token: "refresh+me",
      service: "registry.test",
      scope: "repository:acme/web:pull",
    });
  });

  it("renews a token before it expires", async () => {
    expiresIn = 0.001;
    const connection = open();
    await get(connection);
    await new Promise((wake) => setTimeout(wake, 5));
    await get(connection);
    expect(tokens).toHaveLength(2);
  });

  it("gets another token when one is refused in the middle of a push, and sends the body again", async () => {
    const connection = open();
    await get(connection);
    revoked.add("Bearer token-1");
    const bytes = Buffer.from("chunk");
    const { body } = await connection.ask({
      method: "PATCH",
      address: "/v2/x",
      scopes: ["repository:acme/web:pull"],
      body: { length: bytes.length, open: () => bytes },
      expect: [200],
    });
    expect(await text(body)).toBe("chunk");
    expect(served.at(-1)?.authorization).toBe("Bearer token-2");
  });

  it("gives up where fresh tokens are refused", async () => {
    isGood = () => false;
    await expect(get(open())).rejects.toMatchObject({ kind: "denied", hint: expect.stringContaining("login") });
    expect(tokens.length).toBeLessThan(4);
  });

  it("sends the password itself where the registry asks for that", async () => {
    challenge = 'Basic realm="registry"';
    isGood = (authorization) => authorization === BASIC;
    const connection = open();
    await get(connection);
    await get(connection);
    expect(served.map(({ authorization }) => authorization)).toEqual([null, BASIC, BASIC]);
  });

  it("gives up where the password is wrong", async () => {
    challenge = 'Basic realm="registry"';
    isGood = () => false;
    await expect(get(open())).rejects.toMatchObject({ kind: "denied" });
    expect(served).toHaveLength(2);
  });

  it("says so where the login is refused", async () => {
    tokenStatus = 401;
    await expect(get(open())).rejects.toMatchObject({
      kind: "denied",
      message: expect.stringContaining("refused the login"),
      hint: expect.stringContaining(`docker logout ${new URL(server.url).host}`),
    });
    await expect(get(open(null))).rejects.toMatchObject({ hint: expect.not.stringContaining("logout") });
  });

  it("never tells the secret in an error", async () => {
    tokenStatus = 401;
    const failure: unknown = await get(open()).catch((error: unknown) => error);
    expect(JSON.stringify(failure, Object.getOwnPropertyNames(failure))).not.toContain("s3cret");
  });

  it("tells another host nothing of the login", async () => {
    expect(await get(open(), "repository:acme/web:pull", "/v2/redirected")).toBe("from elsewhere");
    expect(served.at(-1)).toEqual({ path: "/there", authorization: null });
  });
});
