import type { IncomingHttpHeaders } from "node:http";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { connect } from "../../../src/cli/client/connection.ts";
import { locationIn } from "../../../src/cli/client/location.ts";
import { parseRegistry } from "../../../src/cli/client/reference.ts";
import { makeTransport } from "../../../src/cli/client/transport.ts";
import { pushBlob } from "../../../src/cli/client/upload.ts";
import { randomBlob } from "../support/blob.ts";
import { reply, serve, urlOf } from "../support/server.ts";
import { UploadRegistry } from "../support/upload-registry.ts";

const SECRETS = { authorization: "Bearer secret", cookie: "session=secret", "x-registry-auth": "secret" };

let seen: IncomingHttpHeaders[] = [];
let storage = new UploadRegistry();
/** Another owner's host, to which a registry sends uploads. */
const elsewhere = await serve((request, response) => {
  seen.push(request.headers);
  storage.listener(request, response);
});

beforeEach(() => {
  seen = [];
  storage = new UploadRegistry();
});

describe("the way out to registries", () => {
  const transport = makeTransport({});
  afterAll(() => transport.close());

  async function headersSent(secretsOf: string | null): Promise<IncomingHttpHeaders> {
    const answer = await transport.send({
      method: "POST",
      url: new URL(`${elsewhere.url}/v2/acme/web/blobs/uploads/`),
      headers: { ...SECRETS, accept: "text/plain" },
      ...(secretsOf !== null && { secretsOf }),
    });
    answer.body.resume();
    return seen[0] ?? {};
  }

  it("sends secrets to the origin that they belong to", async () => {
    expect(await headersSent(elsewhere.url)).toMatchObject({ ...SECRETS, accept: "text/plain" });
  });

  it.each([
    ["another port", "http://127.0.0.1:1"],
    ["another scheme", elsewhere.url.replace("http:", "https:")],
    ["another host", elsewhere.url.replace("127.0.0.1", "localhost")],
    ["nobody knows whom", null],
  ])("keeps those that belong to %s", async (_, secretsOf) => {
    const headers = await headersSent(secretsOf);
    expect(headers).toMatchObject({ accept: "text/plain" });
    for (const name of Object.keys(SECRETS)) expect(headers).not.toHaveProperty(name);
  });
});

describe("an upload that its registry sends to another host", () => {
  it.each([1000, 250_000])("gets there, and the login does not: %i bytes", async (size) => {
    const registry = await serve((request, response) => {
      if (request.headers.authorization === undefined)
        return reply(response, 401, { "www-authenticate": 'Basic realm="here"' });
      if (urlOf(request).pathname === "/v2/acme/web/blobs/uploads/") {
        storage.sessions.set("moved", { pieces: [], size: 0 });
        return reply(response, 202, { location: `${elsewhere.url}/v2/acme/web/blobs/uploads/moved` });
      }
      reply(response, 404);
    });
    const credential = { kind: "password", username: "ci", secret: "secret" } as const;
    const connection = connect(parseRegistry(registry.host), { env: {}, credential });
    const blob = randomBlob(size);
    await pushBlob(connection, "acme/web", blob, { chunkSize: 100_000 });
    expect(storage.blobs.get(blob.digest)?.equals(blob.bytes)).toBe(true);
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.map(({ authorization }) => authorization)).not.toContainEqual(expect.anything());
  });
});

describe("an address that an answer names", () => {
  it.each([
    ["https://r.example.com/v2/", "http://r.example.com/v2/up?a=1", "https://r.example.com/v2/up?a=1"],
    ["https://r.example.com/v2/", "http://r.example.com:5000/v2/up", "https://r.example.com/v2/up"],
    ["https://r.example.com:8443/v2/", "http://r.example.com/v2/up", "https://r.example.com:8443/v2/up"],
    ["https://r.example.com/v2/", "http://bucket.example.com/x", "http://bucket.example.com/x"],
    ["http://r.example.com/v2/", "https://r.example.com/v2/up", "https://r.example.com/v2/up"],
    ["https://r.example.com/v2/a/", "/up", "https://r.example.com/up"],
  ])("is taken from %s to %s as %s", (asked, location, expected) => {
    expect(locationIn({ url: new URL(asked), headers: new Map([["location", location]]) })?.href).toBe(expected);
  });

  it("is none where it cannot be read", () => {
    const url = new URL("https://r.example.com");
    expect(locationIn({ url, headers: new Map([["location", "https://"]]) })).toBeNull();
    expect(locationIn({ url, headers: new Map() })).toBeNull();
  });
});
