import { describe, expect, it } from "vitest";
import * as z from "zod";
import type { Need } from "../../src/guard.ts";
import { ROUTES } from "../../src/router.ts";
import { consoleHeaders } from "../support/console.ts";
import { ask } from "../support/registry.ts";
import { makeWorld, type Who, whoShape, type World } from "./world.ts";

/**
 * The right that each route needs, stated a second time and independently of the router. The test fails
 * for a new route without a row here, and for a route with the wrong guard.
 */
const NEEDS: Record<string, Need> = {
  "GET /v2/": "login",
  "GET /v2/_catalog": "catalog",
  "POST /v2/:name+/blobs/uploads/": "push",
  "PATCH /v2/:name+/blobs/uploads/:session": "push",
  "PUT /v2/:name+/blobs/uploads/:session": "push",
  "GET /v2/:name+/blobs/uploads/:session": "push",
  "DELETE /v2/:name+/blobs/uploads/:session": "push",
  "GET /v2/:name+/tags/list": "pull",
  "GET /v2/:name+/blobs/:digest": "pull",
  "DELETE /v2/:name+/blobs/:digest": "delete",
  "GET /v2/:name+/manifests/:reference": "pull",
  "PUT /v2/:name+/manifests/:reference": "push",
  "DELETE /v2/:name+/manifests/:reference": "delete",
  "GET /v2/:name+/referrers/:digest": "pull",
  "GET /token": "nothing",
  "POST /token": "nothing",
  "GET /api/v1/whoami": "self",
  "GET /api/v1/target-types": "self",
  "POST /api/v1/session": "nothing",
  "GET /api/v1/session": "nothing",
  "DELETE /api/v1/session": "nothing",
  "POST /api/v1/spaces": "installation",
  "GET /api/v1/spaces": "installation",
  "GET /api/v1/activity": "installation",
  "GET /api/v1/spaces/:space": "space",
  "PATCH /api/v1/spaces/:space": "space",
  "DELETE /api/v1/spaces/:space": "space",
  "GET /api/v1/spaces/:space/activity": "space",
  "GET /api/v1/spaces/:space/storage": "space",
  "GET /api/v1/spaces/:space/storage/history": "space",
  "POST /api/v1/spaces/:space/gc:preview": "space",
  "POST /api/v1/spaces/:space/tokens": "space",
  "GET /api/v1/spaces/:space/tokens": "space",
  "GET /api/v1/spaces/:space/tokens/:id": "space",
  "DELETE /api/v1/spaces/:space/tokens/:id": "space",
  "GET /api/v1/spaces/:space/repositories": "spaceReader",
  "GET /api/v1/spaces/:space/repositories/:name+": "repositoryReader",
  "PATCH /api/v1/spaces/:space/repositories/:name+": "space",
  "DELETE /api/v1/spaces/:space/repositories/:name+": "space",
  "GET /api/v1/spaces/:space/repositories/:name+/tags": "repositoryReader",
  "POST /api/v1/spaces/:space/tags:delete": "space",
  "GET /api/v1/spaces/:space/manifest": "repositoryReader",
  "GET /api/v1/spaces/:space/referrers": "repositoryReader",
  "GET /api/v1/spaces/:space/blob-text": "repositoryReader",
  "GET /api/v1/spaces/:space/damaged": "space",
  "GET /api/v1/spaces/:space/history": "repositoryReader",
  "POST /api/v1/spaces/:space/tags:revert": "space",
  "POST /api/v1/spaces/:space/revert": "space",
  "GET /api/v1/spaces/:space/deleted/repositories": "space",
  "GET /api/v1/spaces/:space/deleted/manifests": "space",
  "GET /api/v1/spaces/:space/deleted/tags": "space",
  "POST /api/v1/spaces/:space/deleted:undelete": "space",
  "POST /api/v1/spaces/:space/undelete": "space",
  "POST /api/v1/spaces/:space/retention-rules": "space",
  "GET /api/v1/spaces/:space/retention-rules": "space",
  "GET /api/v1/spaces/:space/retention-rules/:id": "space",
  "PATCH /api/v1/spaces/:space/retention-rules/:id": "space",
  "DELETE /api/v1/spaces/:space/retention-rules/:id": "space",
  "POST /api/v1/spaces/:space/retention-rules:preview": "space",
  "POST /api/v1/spaces/:space/retention:preview": "space",
  "POST /api/v1/spaces/:space/targets": "space",
  "GET /api/v1/spaces/:space/targets": "space",
  "GET /api/v1/spaces/:space/targets/:id": "space",
  "PATCH /api/v1/spaces/:space/targets/:id": "space",
  "DELETE /api/v1/spaces/:space/targets/:id": "space",
  "POST /api/v1/spaces/:space/targets/:id/test": "space",
  "POST /api/v1/spaces/:space/targets/:id/enable": "space",
  "POST /api/v1/spaces/:space/targets/:id/disable": "space",
  "POST /api/v1/spaces/:space/targets/:id/rotate-secret": "space",
  "POST /api/v1/spaces/:space/triggers": "space",
  "GET /api/v1/spaces/:space/triggers": "space",
  "GET /api/v1/spaces/:space/triggers/:id": "space",
  "PATCH /api/v1/spaces/:space/triggers/:id": "space",
  "DELETE /api/v1/spaces/:space/triggers/:id": "space",
  "POST /api/v1/spaces/:space/triggers/:id/enable": "space",
  "POST /api/v1/spaces/:space/triggers/:id/disable": "space",
  "POST /api/v1/spaces/:space/triggers:preview": "space",
  "POST /api/v1/spaces/:space/pushes:preview": "space",
  "POST /api/v1/spaces/:space/triggers/:id/test": "space",
  "POST /api/v1/spaces/:space/triggers/:id/replay": "space",
  "GET /api/v1/spaces/:space/events": "space",
  "GET /api/v1/spaces/:space/events/:id": "space",
  "GET /api/v1/spaces/:space/deployed": "space",
  "GET /api/v1/spaces/:space/deliveries": "space",
  "GET /api/v1/spaces/:space/deliveries/:id": "space",
  "POST /api/v1/spaces/:space/deliveries/:id/cancel": "space",
  "POST /api/v1/spaces/:space/deliveries/:id/redeliver": "space",
  "GET /api/v1/openapi.json": "nothing",
  "GET /api/v1/docs": "nothing",
  "GET /.well-known/openid-configuration": "nothing",
  "GET /.well-known/jwks.json": "nothing",
  "GET /": "nothing",
  "GET /healthz": "nothing",
};

/** Refused everywhere, whatever the request: these credentials prove nothing. */
const UNPROVEN = { nobody: 401, garbage: 401, expired: 401, revoked: 401 } as const;

/** The answer by need and principal, if the principal sends its secret; "in" is anything but a refusal. */
const ANSWERS: Record<Exclude<Need, "nothing">, Record<Who, number | "in">> = {
  login: {
    ...UNPROVEN,
    stranger: "in",
    pull: "in",
    push: "in",
    delete: "in",
    narrow: "in",
    admin: "in",
    installation: "in",
  },
  catalog: {
    ...UNPROVEN,
    stranger: "in",
    pull: "in",
    push: 403,
    delete: 403,
    narrow: "in",
    admin: 403,
    installation: 403,
  },
  pull: { ...UNPROVEN, stranger: 403, pull: "in", push: 403, delete: 403, narrow: 403, admin: 403, installation: 403 },
  push: { ...UNPROVEN, stranger: 403, pull: 403, push: "in", delete: 403, narrow: 403, admin: 403, installation: 403 },
  delete: {
    ...UNPROVEN,
    stranger: 403,
    pull: 403,
    push: 403,
    delete: "in",
    narrow: 403,
    admin: 403,
    installation: 403,
  },
  space: {
    ...UNPROVEN,
    stranger: 404,
    pull: 403,
    push: 403,
    delete: 403,
    narrow: 403,
    admin: "in",
    installation: "in",
  },
  // The narrow token's list leaves out what the token does not cover; test/api/readers.test.ts checks that.
  spaceReader: {
    ...UNPROVEN,
    stranger: 404,
    pull: "in",
    push: 403,
    delete: 403,
    narrow: "in",
    admin: "in",
    installation: "in",
  },
  repositoryReader: {
    ...UNPROVEN,
    stranger: 404,
    pull: "in",
    push: 403,
    delete: 403,
    narrow: 403,
    admin: "in",
    installation: "in",
  },
  self: {
    ...UNPROVEN,
    stranger: "in",
    pull: "in",
    push: "in",
    delete: "in",
    narrow: "in",
    admin: "in",
    installation: "in",
  },
  installation: {
    ...UNPROVEN,
    stranger: 403,
    pull: 403,
    push: 403,
    delete: 403,
    narrow: 403,
    admin: 403,
    installation: "in",
  },
};

/** Answers without a login, and without a bad one; only the token endpoint looks at credentials. */
const ANYBODY = { nobody: "in" } as const;

/** A world for requests that change nothing, because they only read or are refused. */
const unchanged = makeWorld();

/** Returns a separate world for a request that may change it. */
function worldFor(method: string, expected: number | "in"): World {
  return expected === "in" && method !== "GET" ? makeWorld() : unchanged;
}

/** Fills in the path's parameters, with things that exist. */
async function fill(path: string, world: World): Promise<string> {
  const isManagement = path.startsWith("/api/");
  const segments = path.split("/").map(async (segment) => {
    const name = /^:(\w+)\+?$/.exec(segment)?.[1];
    if (name === undefined) return segment;
    return world.paramOf(isManagement && name === "name" ? "path" : name);
  });
  return (await Promise.all(segments)).join("/");
}

const BODIES: Record<string, string> = {
  "POST /api/v1/spaces": '{"name":"made-by-matrix"}',
  "PATCH /api/v1/spaces/:space": '{"public":false}',
  "PATCH /api/v1/spaces/:space/repositories/:name+": '{"public":false}',
  "POST /api/v1/spaces/:space/tokens": '{"name":"t","actions":["pull"]}',
  "POST /api/v1/spaces/:space/retention-rules": '{"keep":{"newest":3}}',
  "PATCH /api/v1/spaces/:space/retention-rules/:id": '{"enabled":false}',
  "POST /api/v1/spaces/:space/tags:delete": '{"repository":"web","tags":["latest"]}',
};

/** The queries of requests. */
const QUERIES: Record<string, string> = {
  "GET /api/v1/spaces/:space/manifest": "?repository=web&reference=latest",
  "GET /api/v1/spaces/:space/referrers": `?repository=web&digest=sha256:${"0".repeat(64)}`,
  "GET /api/v1/spaces/:space/blob-text": `?repository=web&digest=sha256:${"0".repeat(64)}`,
  "GET /api/v1/spaces/:space/history": "?repository=web&tag=latest",
};

/** Returns the request's address, with a query that names things that exist. */
async function addressOf(key: string, path: string, world: World): Promise<string> {
  const query = QUERIES[key] ?? "";
  if (/"repository":|repository=/.test(query + (BODIES[key] ?? ""))) await world.paramOf("path");
  return (await fill(path, world)) + query;
}

/** Headers that routes require besides a right. */
const HEADERS: Record<string, Readonly<Record<string, string>>> = {
  "POST /api/v1/session": { "X-Spacedock-Console": "1" },
  "DELETE /api/v1/session": { "X-Spacedock-Console": "1" },
};

function bodyFor(key: string): string | null {
  return /^(?:POST|PUT|PATCH) /.test(key) ? (BODIES[key] ?? "{}") : null;
}

const rows = ROUTES.map(({ method, path, guarded }) => ({
  key: `${method} ${path}`,
  method,
  path,
  need: guarded.need,
}));

describe("every route", () => {
  it("has a row here, and the guard that the row says", () => {
    expect(Object.fromEntries(rows.map(({ key, need }) => [key, need]))).toEqual(NEEDS);
  });

  it.each(rows)("$key answers each kind of principal as it should", async ({ key, method, path, need }) => {
    const answers = Object.entries(need === "nothing" ? ANYBODY : ANSWERS[need]);
    for (const [who, expected] of answers.map(([name, answer]) => [whoShape.parse(name), answer] as const)) {
      const world = worldFor(method, expected);
      for (const verb of method === "GET" ? ["GET", "HEAD"] : [method]) {
        const answer = await ask(await addressOf(key, path, world), {
          method: verb,
          as: await world.secretOf(who),
          headers: HEADERS[key] ?? {},
          body: bodyFor(key),
        });
        expect(outcome(answer, expected), `${verb} as ${who}`).toBe(expected);
        expect(answer.status).toBeLessThan(500);
      }
    }
  });

  const guarded = rows.filter(({ need }) => need !== "nothing");

  it.each(guarded)(
    "$key takes the console's cookie if it manages, and never else",
    async ({ key, method, path, need }) => {
      const isReader = need === "spaceReader" || need === "repositoryReader";
      const isManagement = isReader || need === "space" || need === "installation" || need === "self";
      for (const who of ["stranger", "pull", "narrow", "admin", "installation"] as const) {
        const expected = isManagement ? ANSWERS[need][who] : 401;
        const world = worldFor(method, expected);
        const headers = consoleHeaders(await world.cookieOf(who));
        const answer = await ask(await addressOf(key, path, world), { method, headers, body: bodyFor(key) });
        expect(outcome(answer, expected), who).toBe(expected);
      }
    },
  );

  const scoped = rows.filter(({ need }) => need === "pull" || need === "push" || need === "delete");

  it.each(scoped)(
    "$key answers each kind of principal with an access token as it should",
    async ({ key, method, path, need }) => {
      for (const who of ["nobody", "stranger", "pull", "push", "delete", "narrow", "admin"] as const) {
        const expected = who === need ? "in" : 401;
        const world = worldFor(method, expected);
        const token = await accessToken(world, who);
        const headers = { Authorization: `Bearer ${token}` };
        const answer = await ask(await fill(path, world), { method, headers, body: bodyFor(key) });
        expect(outcome(answer, expected), who).toBe(expected);
        const told = answer.headers.get("WWW-Authenticate")?.includes('error="insufficient_scope"') ?? false;
        expect(told, who).toBe(expected === 401);
      }
    },
  );
});

/** Returns `in` if that is expected and the principal is not refused; otherwise the status. */
function outcome({ status }: Response, expected: number | "in"): number | "in" {
  return expected === "in" && status !== 401 && status !== 403 ? "in" : status;
}

/** Returns the token that the token endpoint gives to a principal that asks for everything. */
async function accessToken(world: World, who: Who): Promise<string> {
  const scope = `repository:${await world.paramOf("name")}:pull,push,delete`;
  const answer = await ask(`/token?scope=${scope}`, { as: await world.secretOf(who) });
  return z.object({ token: z.string() }).parse(await answer.json()).token;
}
