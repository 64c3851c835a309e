/** Tests what tokens see that may pull but do not manage their space. */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { newSeed, OCI_MANIFEST, pushImage, putManifest } from "../support/content.ts";
import { consoleHeaders, signIn } from "../support/console.ts";
import { ask, makeSpace, makeToken, manage } from "../support/registry.ts";

const SPACE = "readers";
const PATHS = ["api", "shop/api", "shop/secret", "shop/web", "web"];

/** Secrets of tokens, by their rights. */
const tokens = { all: "", shop: "", pushes: "", stranger: "" };
let layer = "";
let digest = "";

beforeAll(async () => {
  const as = await makeSpace(SPACE);
  for (const path of PATHS) {
    const pushed = await pushImage(`${SPACE}/${path}`, as, "1.0");
    digest = pushed.digest;
    const document = z.object({ layers: z.array(z.object({ digest: z.string() })) }).parse(JSON.parse(pushed.text));
    layer = document.layers[0]?.digest ?? "";
  }
  const of = async (actions: readonly string[], repositories = ["**"]): Promise<string> =>
    (await makeToken(SPACE, { actions, repositories })).token;
  tokens.all = await of(["pull"]);
  tokens.shop = await of(["pull", "push"], ["shop/*", "!shop/secret"]);
  tokens.pushes = await of(["push", "delete"]);
  tokens.stranger = await makeSpace(`${SPACE}-other`);
});

const page = z.object({ items: z.array(z.object({ name: z.string() })), next: z.string().nullable() });

async function list(token: string, query = "", space = SPACE): Promise<z.infer<typeof page>> {
  const answer = await manage("GET", `spaces/${space}/repositories${query}`, undefined, token);
  expect(answer.status).toBe(200);
  return page.parse(await answer.json());
}

const namesOf = ({ items }: z.infer<typeof page>): readonly string[] => items.map(({ name }) => name);

/** Returns all pages, following the cursors. */
async function walk(token: string, limit: number, space = SPACE): Promise<readonly string[]> {
  const names: string[] = [];
  let cursor = "";
  for (let pages = 0; pages < 100; pages++) {
    const found = await list(token, `?limit=${limit}${cursor}`, space);
    expect(found.items.length).toBeLessThanOrEqual(limit);
    names.push(...namesOf(found));
    if (found.next === null) return names;
    cursor = `&cursor=${encodeURIComponent(found.next)}`;
  }
  throw new Error("the pages do not end");
}

/** Lists everything that can be read in one repository, by its path. */
function readings(path: string): readonly string[] {
  const query = `?repository=${encodeURIComponent(path)}`;
  return [
    `repositories/${path}`,
    `repositories/${path}/tags`,
    `repositories/${path}/tags?order=newest`,
    `manifest${query}&reference=1.0`,
    `manifest${query}&reference=${digest}`,
    `referrers${query}&digest=${digest}`,
    `blob-text${query}&digest=${layer}`,
    `history${query}&tag=1.0`,
  ];
}

/** Returns status, code and text, which must not tell what exists. */
async function refusalOf(reading: string, token: string, method = "GET"): Promise<string> {
  const answer = await manage(method, `spaces/${SPACE}/${reading}`, undefined, token);
  const text = await answer.text();
  if (method === "HEAD") return `${answer.status} ${text}`;
  const { code, detail, errors } = z
    .object({ code: z.string(), detail: z.string(), errors: z.unknown().optional() })
    .parse(JSON.parse(text));
  return `${answer.status} ${code}: ${detail}${errors === undefined ? "" : JSON.stringify(errors)}`;
}

describe("a token that pulls", () => {
  it("lists the repositories that it covers, and no others, in pages of any size", async () => {
    expect(await list(tokens.all)).toMatchObject({ next: null });
    for (const limit of [1, 2, 3, 5, 100]) {
      expect(await walk(tokens.all, limit)).toEqual(PATHS);
      expect(await walk(tokens.shop, limit)).toEqual(["shop/api", "shop/web"]);
    }
  });

  it.each(["a", "shop", "shop/b", "shop/api", "shop/secret", "shop/web", "zzz", "~", "\u{10FFFF}", "%", "'"])(
    "lists nothing that it does not cover after the cursor %s",
    async (cursor) => {
      const found = await list(tokens.shop, `?cursor=${encodeURIComponent(cursor)}`);
      expect(namesOf(found)).toEqual(["shop/api", "shop/web"].filter((name) => name > cursor));
    },
  );

  it("reads what is in them, as those who manage do", async () => {
    for (const reading of readings("shop/web")) {
      for (const token of [tokens.all, tokens.shop]) {
        const answer = await manage("GET", `spaces/${SPACE}/${reading}`, undefined, token);
        expect(answer.status, reading).toBe(200);
        expect(await answer.json()).toEqual(await (await manage("GET", `spaces/${SPACE}/${reading}`)).json());
        expect((await manage("HEAD", `spaces/${SPACE}/${reading}`, undefined, token)).status, reading).toBe(200);
      }
    }
  });

  it("is refused alike where it covers nothing, whatever is there", async () => {
    const told = "403 DENIED: the token's repository patterns do not cover this repository; use a token that does";
    for (const path of ["web", "shop/secret", "nothing", "shop/api/nothing"]) {
      for (const reading of readings(path)) {
        expect(await refusalOf(reading, tokens.shop), reading).toBe(told);
        expect(await refusalOf(reading, tokens.shop, "HEAD"), reading).toBe("403 ");
      }
    }
    expect(await refusalOf("repositories/shop/nothing", tokens.shop)).toContain("404 NAME_UNKNOWN");
  });

  it("does not get around its patterns by what it asks with", async () => {
    const secret = "repository=shop%2Fsecret";
    const mine = "repository=shop%2Fweb";
    const reference = "reference=1.0";
    for (const query of [`${secret}&${mine}`, `${mine}&${secret}`, `${mine}&${mine}`, ""]) {
      expect(await refusalOf(`manifest?${query}&${reference}`, tokens.shop)).toContain("400 REQUEST_INVALID");
    }
    for (const query of ["Repository=shop%2Fsecret", `repository[]=shop%2Fsecret`, "name=shop%2Fsecret"]) {
      expect(await refusalOf(`manifest?${mine}&${query}&${reference}`, tokens.shop)).toContain("400 REQUEST_INVALID");
    }
    // The path names it there, so the query does not count.
    expect(await refusalOf(`repositories/shop/secret?${mine}`, tokens.shop)).toContain("403 DENIED");
    expect(await refusalOf(`repositories/shop/secret/tags?${mine}`, tokens.shop)).toContain("403 DENIED");
    for (const path of [
      "shop/web/../secret",
      "../readers/shop/secret",
      "shop//secret",
      "shop/secret\0",
      "SHOP/WEB",
      "",
    ]) {
      const query = `repository=${encodeURIComponent(path)}`;
      expect(await refusalOf(`manifest?${query}&${reference}`, tokens.shop), path).toContain("400 NAME_INVALID");
    }
    for (const path of ["shop%2Fsecret", "shop/web%2F..%2Fsecret", "shop/web/..%2fsecret", "shop%00web"]) {
      expect(await refusalOf(`repositories/${path}`, tokens.shop), path).toMatch(/^4/);
    }
    const other = await refusalOf(`manifest?repository=${"a".repeat(5000)}&${reference}`, tokens.shop);
    expect(other).toContain("400 NAME_INVALID");
  });

  it("reads nothing of another repository by a digest that it knows", async () => {
    const as = (await makeToken(SPACE)).token;
    const hidden = await pushImage(`${SPACE}/shop/secret`, as, "hidden", newSeed());
    const blob = z.object({ config: z.object({ digest: z.string() }) }).parse(JSON.parse(hidden.text)).config.digest;
    const query = "repository=shop/web";
    expect(await refusalOf(`manifest?${query}&reference=${hidden.digest}`, tokens.shop)).toContain("404");
    const text = await manage("GET", `spaces/${SPACE}/blob-text?${query}&digest=${blob}`, undefined, tokens.shop);
    expect(await text.json()).toMatchObject({ text: null, omitted: "absent" });
  });

  it("is told nothing of repositories that have the same content", async () => {
    // All of them have the same layers and the same manifest.
    const answer = await manage(
      "GET",
      `spaces/${SPACE}/manifest?repository=shop/web&reference=1.0`,
      undefined,
      tokens.shop,
    );
    const text = await answer.text();
    expect(text).not.toContain("secret");
    expect(z.object({ tags: z.array(z.string()), usedBy: z.array(z.unknown()) }).parse(JSON.parse(text))).toEqual({
      tags: ["1.0"],
      usedBy: [],
    });
  });

  it("is told who pushed, but no administrator's e-mail address", async () => {
    const mail = "alice@example.com";
    const { token, id } = await makeToken(SPACE, { name: "pipeline" });
    await pushImage(`${SPACE}/shop/told`, token, "1.0", newSeed());
    const readThem = async (by?: string): Promise<string> => {
      const tags = await manage("GET", `spaces/${SPACE}/repositories/shop/told/tags`, undefined, by);
      const history = await manage("GET", `spaces/${SPACE}/history?repository=shop/told&tag=1.0`, undefined, by);
      return `${await tags.text()}${await history.text()}`;
    };
    expect(await readThem(tokens.shop)).toContain('"name":"pipeline"');
    await env.DB.prepare("UPDATE events SET actor = ?2 WHERE actor = ?1").bind(id, mail).run();
    expect(await readThem()).toContain(mail);
    const told = await readThem(tokens.shop);
    expect(told).not.toContain(mail);
    expect(told.match(/"name":"administrator"/g)).toHaveLength(2);
  });

  it("sees what is new at once, and nothing once it is revoked", async () => {
    const { token, id } = await makeToken(SPACE, { actions: ["pull"], repositories: ["fresh/*"] });
    expect(namesOf(await list(token))).toEqual([]);
    const as = (await makeToken(SPACE)).token;
    const { text } = await pushImage(`${SPACE}/fresh/web`, as, "1.0", newSeed());
    await putManifest(`${SPACE}/fresh/web`, as, "latest", text, OCI_MANIFEST);
    expect(namesOf(await list(token))).toEqual(["fresh/web"]);
    const headers = consoleHeaders(await signIn(token));
    const path = `/api/v1/spaces/${SPACE}/repositories/fresh/web/tags`;
    expect((await ask(path, { headers })).status).toBe(200);
    await manage("DELETE", `spaces/${SPACE}/tokens/${id}`);
    expect((await ask(path, { headers })).status).toBe(401);
    expect((await manage("GET", `spaces/${SPACE}/repositories`, undefined, token)).status).toBe(401);
  });
});

describe("a token that does not pull", () => {
  it("looks at nothing, and is told what it lacks", async () => {
    for (const reading of ["repositories", ...readings("web"), "manifest"]) {
      expect(await refusalOf(reading, tokens.pushes), reading).toBe(
        "403 DENIED: this needs a token with the action pull or admin",
      );
    }
  });

  it("of another space learns nothing of this one, public or not", async () => {
    await manage("PATCH", `spaces/${SPACE}/repositories/web`, { public: true });
    for (const reading of ["repositories", ...readings("web"), ...readings("nothing")]) {
      expect(await refusalOf(reading, tokens.stranger), reading).toBe("404 NAME_UNKNOWN: no such space");
      expect((await ask(`/api/v1/spaces/${SPACE}/${reading}`)).status, reading).toBe(401);
    }
    // A token whose patterns do not cover it may pull it here, but to look at it takes a token that covers it.
    expect(await refusalOf("repositories/web", tokens.shop)).toContain("403 DENIED");
    await manage("PATCH", `spaces/${SPACE}/repositories/web`, { public: false });
  });
});

describe("a space with many repositories", () => {
  const MANY = "readers-many";

  beforeAll(async () => {
    await makeSpace(MANY);
    await env.DB.prepare(
      `INSERT INTO repositories (space_id, path, created_at)
       SELECT s.id, printf('team%02d/r%05d', value % 20, value), 0
       FROM spaces s, json_each(?2) WHERE s.name = ?1`,
    )
      .bind(MANY, JSON.stringify(Array.from({ length: 12_000 }, (_, index) => index)))
      .run();
  });

  const readerOf = async (...repositories: string[]): Promise<string> =>
    (await makeToken(MANY, { actions: ["pull"], repositories })).token;

  it("shows what a token covers in full pages where its patterns say where to look", async () => {
    const token = await readerOf("team07/*", "team08/r00008");
    const first = await list(token, "?limit=600", MANY);
    const second = await list(token, `?limit=600&cursor=${first.next}`, MANY);
    expect([first.items.length, second.items.length, second.next]).toEqual([600, 1, null]);
    expect(namesOf(second)).toEqual(["team08/r00008"]);
  });

  it("shows each once though pages may be short where what is covered lies far apart", async () => {
    const token = await readerOf("**5999", "**0001");
    expect(await walk(token, 10, MANY)).toEqual(["team01/r00001", "team01/r10001", "team19/r05999"]);
    expect((await list(token, "?limit=10", MANY)).next).not.toBeNull();
  });
});
