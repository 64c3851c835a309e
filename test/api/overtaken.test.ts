/** Tests requests of the management API whose right ends between their authentication and their statement. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { ERRORS } from "../../src/oci/errors.ts";
import { pushImage } from "../support/content.ts";
import { disturbCalls } from "../support/counting.ts";
import { makeSpace, makeToken, manage, nextSpace, type TestToken } from "../support/registry.ts";

interface Overtaken {
  readonly method: string;
  /** The path within the space; `{rule}` and `{token}` stand for ids. */
  readonly path: string;
  readonly body?: object;
  /** The number of the statement that is overtaken; the first after authentication unless told otherwise. */
  readonly statement?: number;
}

const READS: readonly Overtaken[] = [
  { method: "GET", path: "" },
  { method: "GET", path: "/tokens/{token}" },
  { method: "GET", path: "/retention-rules/{rule}" },
];

const LISTS: readonly Overtaken[] = [
  { method: "GET", path: "/tokens" },
  { method: "GET", path: "/repositories" },
  { method: "GET", path: "/activity" },
  { method: "GET", path: "/storage" },
  { method: "GET", path: "/storage/history" },
  { method: "GET", path: "/damaged" },
  { method: "GET", path: "/retention-rules" },
  { method: "POST", path: "/gc:preview" },
  { method: "POST", path: "/retention:preview", body: { keep: { newest: 1 } } },
];

const CHANGES: readonly Overtaken[] = [
  { method: "PATCH", path: "", body: { public: true } },
  { method: "DELETE", path: "" },
  { method: "POST", path: "/tokens", body: { name: "late", actions: ["pull"] } },
  { method: "DELETE", path: "/tokens/{token}" },
  { method: "DELETE", path: "/tokens/{token}?descendants=true" },
  { method: "PATCH", path: "/repositories/web", body: { public: true } },
  { method: "DELETE", path: "/repositories/web" },
  { method: "POST", path: "/retention-rules", body: { name: "late", keep: { newest: 1 } } },
  { method: "PATCH", path: "/retention-rules/{rule}", body: { name: "late" }, statement: 2 },
  { method: "DELETE", path: "/retention-rules/{rule}", statement: 2 },
];

const ALL = [...READS, ...LISTS, ...CHANGES];

const REVOKED = `401 ${ERRORS.TOKEN_INVALID.message}`;
const NO_SPACE = `404 ${ERRORS.SPACE_UNKNOWN.message}`;

let space: string;
let keeper: TestToken;
let ids: { readonly rule: string; readonly token: string };

beforeEach(async () => {
  const made = await nextSpace("overtaken");
  ({ space } = made);
  await pushImage(`${space}/web`, made.as, "latest");
  keeper = await makeToken(space, { name: "keeper", actions: ["admin"] });
  const rule = await manage("POST", `spaces/${space}/retention-rules`, { name: "r", keep: { newest: 1 } });
  ids = { rule: z.object({ id: z.string() }).parse(await rule.json()).id, token: (await makeToken(space)).id };
  // The first use of a token is noted, which takes one more statement.
  await manage("GET", `spaces/${space}`, undefined, keeper.token);
});

/** Asks as `as`, and does `meanwhile` before the statement. Resolves to the answer and the rows at that time. */
async function overtake(
  { method, path, body, statement = 1 }: Overtaken,
  meanwhile: () => Promise<unknown>,
  as?: string,
): Promise<{ readonly answer: string; readonly before: Rows }> {
  const filled = path.replace("{rule}", ids.rule).replace("{token}", ids.token);
  let answer = "";
  let before: Rows = null;
  // The administrator is authenticated without a statement.
  let calls = as === undefined ? 1 : 0;
  await disturbCalls(
    async ({ kind }, proceed) => {
      if (before === null && kind === "d1" && calls++ === statement) {
        calls = Number.NaN;
        await meanwhile();
        before = await rowsNow();
      }
      return proceed();
    },
    async () => {
      answer = await outcomeOf(await manage(method, `spaces/${space}${filled}`, body, as));
    },
  );
  return { answer, before };
}

async function outcomeOf(response: Response): Promise<string> {
  const problem = z.object({ detail: z.string() }).safeParse(await response.json());
  return `${response.status} ${problem.data?.detail}`;
}

const TABLES = ["spaces", "repositories", "tokens", "retention_rules", "activity"];

/** Rows by table; null if they were not read. */
type Rows = readonly (readonly unknown[])[] | null;

async function rowsNow(): Promise<Rows> {
  const results = await env.DB.batch(TABLES.map((table) => env.DB.prepare(`SELECT * FROM ${table}`)));
  return results.map(({ results: found }) => found);
}

const revoke = (): Promise<Response> => manage("DELETE", `spaces/${space}/tokens/${keeper.id}`);

async function makeAnew(): Promise<void> {
  await manage("DELETE", `spaces/${space}`);
  await makeSpace(space);
}

describe("a request whose token is revoked before its statement", () => {
  it.each(ALL)("is refused and changes nothing: $method $path", async (request) => {
    const { answer, before } = await overtake(request, revoke, keeper.token);
    expect(answer).toBe(REVOKED);
    expect(await rowsNow()).toEqual(before);
  });
});

describe("a request whose space is deleted and made anew before its statement", () => {
  it.each(ALL)("is refused and changes nothing: $method $path", async (request) => {
    const { answer, before } = await overtake(request, makeAnew, keeper.token);
    expect(answer).toBe(REVOKED);
    expect(await rowsNow()).toEqual(before);
  });

  it.each(ALL)("is refused even if its token lived on: $method $path", async (request) => {
    const revive = (): Promise<D1Result> =>
      env.DB.prepare("UPDATE tokens SET revoked_at = NULL WHERE id = ?1").bind(keeper.id).run();
    const meanwhile = async (): Promise<void> => {
      await makeAnew();
      await revive();
    };
    const { answer, before } = await overtake(request, meanwhile, keeper.token);
    expect(answer).toBe(NO_SPACE);
    // A deletion may end a token of a space that is already gone.
    await revive();
    expect(await rowsNow()).toEqual(before);
  });
});

describe("an administrator's request whose space is deleted before its statement", () => {
  it.each(ALL)("is told so and changes nothing: $method $path", async (request) => {
    const { answer, before } = await overtake(request, () => manage("DELETE", `spaces/${space}`));
    expect(answer).toBe(NO_SPACE);
    expect(await rowsNow()).toEqual(before);
  });
});
