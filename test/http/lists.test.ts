import { beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import {
  bytesOf,
  descriptorOf,
  digestOf,
  imageText,
  nextPage,
  OCI_INDEX,
  pushBlob,
  pushImage,
  putManifest,
} from "../support/content.ts";
import { ask, errorOf, makeSpace, makeToken } from "../support/registry.ts";

const listBody = z.object({ name: z.string().optional(), tags: z.array(z.string()) });
const catalogBody = z.object({ repositories: z.array(z.string()) });
const indexBody = z.strictObject({
  schemaVersion: z.literal(2),
  mediaType: z.literal(OCI_INDEX),
  manifests: z.array(z.looseObject({ digest: z.string() })),
});

interface Listed {
  readonly entries: readonly string[];
  readonly next: string | null;
}

async function listAt(path: string, by: string): Promise<Listed> {
  const answer = await ask(path, { as: by });
  if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
  return { entries: entriesOf(await answer.json()), next: nextPage(answer) };
}

function entriesOf(body: unknown): readonly string[] {
  const tags = listBody.safeParse(body);
  if (tags.success) return tags.data.tags;
  const catalog = catalogBody.safeParse(body);
  return catalog.success ? catalog.data.repositories : indexBody.parse(body).manifests.map(({ digest }) => digest);
}

/** Returns all pages from this one on, following the links. */
async function walk(path: string, by: string): Promise<(readonly string[])[]> {
  const pages: (readonly string[])[] = [];
  for (let next: string | null = path; next !== null;) {
    const page: Listed = await listAt(next, by);
    pages.push(page.entries);
    next = page.next;
    if (pages.length > 100) throw new Error("the pages do not end");
  }
  return pages;
}

/** Sorts texts by their bytes. */
function sorted(texts: readonly string[]): string[] {
  return texts.toSorted((a, b) => (a < b ? -1 : 1));
}

/** Content for the behaviour that all three lists share. Filled in before the tests run. */
const lists = {
  tags: { path: "/v2/lists/web/tags/list", by: "", all: new Array<string>() },
  catalog: { path: "/v2/_catalog", by: "", all: new Array<string>() },
  referrers: { path: "", by: "", all: new Array<string>() },
};

const SUBJECT = "the subject, never pushed";
const TAGS = ["a", "A", "_", "0", "1.0", "1.0-rc", "1.0.1", "aa", "a-", "a.b", "B", "Z", "z", "list", "latest", "10"];
const PATHS = [
  "a",
  "a/b",
  "a/b/c",
  "a-b",
  "a.b",
  "a_b",
  "a0",
  "aa",
  "ab",
  "b/a",
  "tags/list",
  "manifests",
  "blobs/uploads",
];

beforeAll(async () => {
  const as = await makeSpace("lists");
  const subject = await descriptorOf(SUBJECT);
  const { digest, text } = await pushImage("lists/web", as, "a");
  const query = TAGS.slice(1).map((tag) => `tag=${tag}`);
  await putManifest("lists/web", as, `${digest}?${query.join("&")}`, text);
  lists.tags.by = as;
  lists.tags.all = sorted(TAGS);
  const keeper = await makeSpace("catalog");
  const paths = [...PATHS, ...Array.from({ length: 42 - PATHS.length }, (_, index) => `many-${index}`)];
  for (const path of paths) await pushBlob(`catalog/${path}`, keeper, bytesOf(10));
  lists.catalog.by = keeper;
  lists.catalog.all = sorted(paths.map((path) => `catalog/${path}`));
  for (let seed = 1; seed <= 7; seed++) {
    const referrer = await imageText("lists/referred", as, seed, { subject });
    await putManifest("lists/referred", as, await digestOf(referrer), referrer);
    lists.referrers.all.push(await digestOf(referrer));
  }
  lists.referrers.all = sorted(lists.referrers.all);
  lists.referrers.path = `/v2/lists/referred/referrers/${subject.digest}`;
  lists.referrers.by = as;
});

describe.each(["tags", "catalog", "referrers"] as const)("the list of %s", (kind) => {
  it("is ordered by bytes, and whole by default", async () => {
    const { path, by, all } = lists[kind];
    expect(await listAt(path, by)).toEqual({ entries: all, next: null });
  });

  it.each([1, 2, 3, 5, 7, 14])("has everything exactly once in pages of %i", async (n) => {
    const { path, by, all } = lists[kind];
    const pages = await walk(`${path}?n=${n}`, by);
    expect(pages.flat()).toEqual(all);
    expect(pages.map(({ length }) => length)).toEqual(
      Array.from({ length: Math.ceil(all.length / n) }, (_, index) => Math.min(n, all.length - index * n)),
    );
  });

  it("has no next page when the last one is full", async () => {
    const { path, by, all } = lists[kind];
    expect(await listAt(`${path}?n=${all.length}`, by)).toEqual({ entries: all, next: null });
  });

  it("is empty for n=0, without a next page", async () => {
    const { path, by } = lists[kind];
    expect(await listAt(`${path}?n=0`, by)).toEqual({ entries: [], next: null });
  });

  it.each(["", "1000", "1001", "2000", "9".repeat(400)])("may be asked for with n=%s", async (n) => {
    const { path, by, all } = lists[kind];
    expect((await listAt(`${path}?n=${n}`, by)).entries).toEqual(all);
  });

  it.each(["-1", "x", "%20", "1.5", "1e2", "%00"])("is refused for n=%s", async (n) => {
    const { path, by } = lists[kind];
    expect(await errorOf(await ask(`${path}?n=${n}`, { as: by }))).toBe("400 PAGINATION_NUMBER_INVALID");
  });

  it("goes on after any of its entries", async () => {
    const { path, by, all } = lists[kind];
    for (const [index, last] of all.entries()) {
      const query = new URLSearchParams({ last }).toString();
      expect((await listAt(`${path}?${query}`, by)).entries).toEqual(all.slice(index + 1));
    }
  });

  it.each([
    ["past the end", "~"],
    ["past all of ASCII", "\u{10FFFF}"],
  ])("is empty after something %s", async (_, last) => {
    const { path, by } = lists[kind];
    expect(await listAt(`${path}?last=${encodeURIComponent(last)}`, by)).toEqual({ entries: [], next: null });
  });

  it.each(["", "%00", "!", "%27%20OR%201=1"])(
    "starts at the beginning after what comes before it: %j",
    async (last) => {
      const { path, by, all } = lists[kind];
      expect((await listAt(`${path}?last=${last}`, by)).entries).toEqual(all);
    },
  );

  it("is answered to HEAD as well", async () => {
    const { path, by } = lists[kind];
    const answer = await ask(`${path}?n=1`, { as: by, method: "HEAD" });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("Link")).toBe((await ask(`${path}?n=1`, { as: by })).headers.get("Link"));
  });
});

describe("tags", () => {
  it("come with the repository's name", async () => {
    const answer = await ask("/v2/lists/web/tags/list?n=1", { as: lists.tags.by });
    expect(await answer.json()).toEqual({ name: "lists/web", tags: ["0"] });
  });

  it.each(["lists/unknown", "lists/web/deeper", "lists/we"])("of an unknown repository are 404: %s", async (name) => {
    expect(await errorOf(await ask(`/v2/${name}/tags/list`, { as: lists.tags.by }))).toBe("404 NAME_UNKNOWN");
  });

  it("of a repository without any are an empty list", async () => {
    await pushBlob("lists/blobs-only", lists.tags.by, bytesOf(10));
    expect(await listAt("/v2/lists/blobs-only/tags/list", lists.tags.by)).toEqual({ entries: [], next: null });
  });

  it("of more than a thousand come a thousand at a time", async () => {
    const { digest, text } = await pushImage("lists/many", lists.tags.by, "base");
    const tags = Array.from({ length: 1001 }, (_, index) => `t${String(index).padStart(4, "0")}`);
    for (let at = 0; at < tags.length; at += 50) {
      const query = tags.slice(at, at + 50).map((tag) => `tag=${tag}`);
      await putManifest("lists/many", lists.tags.by, `${digest}?${query.join("&")}`, text);
    }
    const pages = await walk("/v2/lists/many/tags/list?n=2000", lists.tags.by);
    expect(pages.map(({ length }) => length)).toEqual([1000, 2]);
    expect(pages.flat()).toEqual(["base", ...tags]);
  });
});

describe("the catalog", () => {
  it.each([
    ["one path", ["a"], ["catalog/a"]],
    ["a folder", ["a/**"], ["catalog/a/b", "catalog/a/b/c"]],
    ["all but a folder", ["a*", "a/**", "!a/b/*"], undefined],
    ["nothing that exists", ["zzz"], []],
  ])("shows a token for %s only that", async (_, repositories, expected) => {
    const { token } = await makeToken("catalog", { repositories });
    const visible = lists.catalog.all.filter((name) => /^catalog\/a[^/]*$/.test(name) || name === "catalog/a/b");
    expect((await walk("/v2/_catalog?n=2", token)).flat()).toEqual(expected ?? visible);
  });

  it("never shows another space, wherever it starts", async () => {
    for (const last of ["", "a", "catalog", "catalog/", "catalog/b", "catalogue/x", "lists", "lists/web"]) {
      const { entries } = await listAt(`/v2/_catalog?last=${last}`, lists.catalog.by);
      expect(entries.filter((name) => !name.startsWith("catalog/"))).toEqual([]);
    }
  });

  it("goes on after a name that is gone or never was", async () => {
    const { entries } = await listAt("/v2/_catalog?n=1&last=catalog/a/b/bb", lists.catalog.by);
    expect(entries).toEqual(["catalog/a/b/c"]);
  });

  it("of a new space is empty", async () => {
    expect(await listAt("/v2/_catalog", await makeSpace("catalog-new"))).toEqual({ entries: [], next: null });
  });

  it("of another public space is not shown", async () => {
    await pushBlob("catalog-open/web", await makeSpace("catalog-open", true), bytesOf(10));
    expect((await listAt("/v2/_catalog", lists.catalog.by)).entries).toEqual(lists.catalog.all);
  });
});
