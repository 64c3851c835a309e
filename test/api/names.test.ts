import { beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { makeSpace, manage } from "../support/registry.ts";

const SPACE = "plain-names";
const WEBHOOK = { type: "standard-webhook", url: "https://example.com/hook" };
const created = z.object({ id: z.string() });
let target = "";

beforeAll(async () => {
  await makeSpace(SPACE);
  target = await make("targets", { name: "hook", ...WEBHOOK });
});

async function make(path: string, body: object): Promise<string> {
  const answer = await manage("POST", `spaces/${SPACE}/${path}`, body);
  expect(answer.status).toBe(201);
  return created.parse(await answer.json()).id;
}

/** Returns the requests that would give something this name. */
function requests(name: string): readonly (readonly [path: string, body: object])[] {
  return [
    ["tokens", { name, actions: ["pull"] }],
    ["targets", { name, ...WEBHOOK }],
    ["triggers", { name, targets: [target] }],
    ["retention-rules", { name, keep: { newest: 1 } }],
  ];
}

const HIDDEN = [
  ["NUL", "\0"],
  ["a bell", "\u0007"],
  ["a line's end", "\n"],
  ["a tabulator", "\t"],
  ["a carriage's return", "\r"],
  ["an escape sequence", "\u001B[31m"],
  ["DEL", "\u007F"],
  ["a control sequence of C1", "\u009B31m"],
  ["next line", "\u0085"],
  ["left to right", "\u200E"],
  ["right to left", "\u200F"],
  ["an Arabic mark", "\u061C"],
  ["an embedding", "\u202A"],
  ["an override", "\u202E"],
  ["an isolate", "\u2066"],
  ["the end of one", "\u2069"],
  ["nothing, as a blank", "\u200B"],
  ["a joiner", "\u200D"],
  ["a byte order mark", "\uFEFF"],
  ["a soft hyphen", "\u00AD"],
  ["a line separator", "\u2028"],
  ["a paragraph separator", "\u2029"],
  ["a filler", "\u3164"],
  ["a tag", "\u{E0041}"],
  ["half a character", "\uD83D"],
] as const;

describe("a name", () => {
  it.each(HIDDEN)("with %s in it is refused, with a sentence", async (_, hidden) => {
    for (const [path, body] of requests(`ci${hidden}bot`)) {
      const answer = await manage("POST", `spaces/${SPACE}/${path}`, body);
      expect(`${path} ${answer.status}`).toBe(`${path} 400`);
      expect(await answer.json()).toMatchObject({
        errors: [{ path: "name", message: expect.stringContaining("leave out control characters") }],
      });
    }
  });

  it.each(["ci-bot", "Büro Köln", "デプロイ", "деплой", "🚀 ship it", "a'b\"c<d>&e", "مرحبا"])(
    "may be %s",
    async (name) => {
      const made = await Promise.all(requests(name).map(([path, body]) => make(path, body)));
      expect(new Set(made).size).toBe(4);
    },
  );

  it.each(HIDDEN)("does not come to have %s", async (_, hidden) => {
    const trigger = await make("triggers", { name: "mine", targets: [target] });
    const rule = await make("retention-rules", { name: "mine", keep: { newest: 1 } });
    for (const path of [`targets/${target}`, `triggers/${trigger}`, `retention-rules/${rule}`]) {
      const answer = await manage("PATCH", `spaces/${SPACE}/${path}`, { name: `a${hidden}b` });
      expect(answer.status).toBe(400);
    }
    for (const path of [`triggers/${trigger}`, `retention-rules/${rule}`])
      await manage("DELETE", `spaces/${SPACE}/${path}`);
  });
});

describe("a target's address", () => {
  it.each(HIDDEN)("with %s in it is refused", async (_, hidden) => {
    const url = `https://example.com/a${hidden}b`;
    const body = { ...WEBHOOK, name: "hook", url };
    expect((await manage("POST", `spaces/${SPACE}/targets`, body)).status).toBe(400);
    expect((await manage("PATCH", `spaces/${SPACE}/targets/${target}`, { url })).status).toBe(400);
  });
});

describe("what a target needs, and what a trigger takes", () => {
  const GITHUB = {
    name: "hook",
    type: "github-dispatch",
    secret: "ghp_123456789",
    config: { owner: "acme", repo: "web" },
  };
  const OCTOPUS = { name: "octopus", type: "octopus", url: "https://acme.octopus.app", secret: "API-123456789" };

  it.each(HIDDEN.filter(([, hidden]) => !/[\t\r\n]/.test(hidden)))("with %s in it is refused", async (_, hidden) => {
    const name = `a${hidden}b`;
    const bodies: readonly (readonly [path: string, body: object])[] = [
      ["targets", { ...GITHUB, config: { ...GITHUB.config, eventType: name } }],
      ["targets", { ...OCTOPUS, config: { project: name } }],
      ["targets", { ...OCTOPUS, config: { project: "web", release: { packages: [name] } } }],
      ["triggers", { name: "t", targets: [target], match: { tag: { type: "regex", value: name } } }],
      ["triggers", { name: "t", targets: [target], match: { actors: [`token:${name}`] } }],
    ];
    for (const [path, body] of bodies) {
      const answer = await manage("POST", `spaces/${SPACE}/${path}`, body);
      expect(`${JSON.stringify(body)} ${answer.status}`).toBe(`${JSON.stringify(body)} 400`);
    }
    const trigger = await make("triggers", { name: "mine", targets: [target] });
    const changes = { match: { tag: { type: "regex", value: name } } };
    expect((await manage("PATCH", `spaces/${SPACE}/triggers/${trigger}`, changes)).status).toBe(400);
  });

  it("may have several lines", async () => {
    const config = { project: "web", release: { notes: "{image}\n\tby CI" } };
    expect(await make("targets", { ...OCTOPUS, config })).toMatch(/^tgt_/);
  });
});
