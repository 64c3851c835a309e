/** The table in docs/contributing.md of the files that a change touches: it must be what `src/` says. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = resolve(import.meta.dirname, "../..");
const TEXT = readFileSync(join(ROOT, "docs/contributing.md"), "utf8");

/** The names by which a file shows that it is about the example. */
const NAMES: Readonly<Record<string, RegExp>> = {
  "generic-hmac": /generic-?hmac/i,
  damaged: /listDamaged|DamageList|d1Damaged|commands\/damaged\.ts|\/damaged\.ts"|\/damage\.tsx/,
  "note-storage": /noteStorage|StorageDayStore|d1StorageDays/,
  "space-settings": /SpaceSettingsPage|spaceSettingsRoute|\/spaces\/\$space\/settings|space-settings|space.namespaces/,
};

/** Files that a command writes, so that nobody touches them. */
const GENERATED = new Set(["src/contract/operations.ts", "src/contract/target-types.ts"]);

const sources = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })
  .map((path) => `src/${path}`)
  .filter((path) => /\.tsx?$/.test(path) && !GENERATED.has(path));

const rows = TEXT.matchAll(/^\| an? [^|]* \| `([\w-]+)` \| ([^|]*) \|$/gm).map(
  ([, example = "", files = ""]) =>
    [example, Array.from(files.matchAll(/`([^`]+)`/g), ([, file = ""]) => file)] as const,
);
const table = new Map(rows);

describe("the table of what a change touches", () => {
  it("has the four examples", () => {
    expect([...table.keys()]).toEqual(Object.keys(NAMES));
  });

  it.each(Object.entries(NAMES))("names the files of %s, and no others", (example, names) => {
    const found = sources.filter((path) => names.test(readFileSync(join(ROOT, path), "utf8")));
    expect(found.toSorted()).toEqual(table.get(example)?.toSorted());
  });
});

describe("docs/contributing.md", () => {
  it("names only files that are there", () => {
    const named = Array.from(
      TEXT.matchAll(/`((?:src|test|docs|migrations|harness|bench)\/[\w./-]*)`/g),
      ([, path = ""]) => path,
    );
    expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
    const short = Array.from(
      TEXT.matchAll(/`((?:http|registry|storage|auth|events|api)\/[\w./-]+)`/g),
      ([, path = ""]) => path,
    );
    expect(short.filter((path) => !existsSync(join(ROOT, "src", path)))).toEqual([]);
  });
});
