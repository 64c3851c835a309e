import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import { run } from "../../harness/live/run.ts";

const root = resolve(import.meta.dirname, "../..");
/** The environment without the checkout's own: the system's Node may be older. */
const env = {
  HOME: tmpdir(),
  PATH: (process.env["PATH"] ?? "")
    .split(":")
    .filter((directory) => !directory.includes("node_modules"))
    .join(":"),
};

let directory = "";

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "package-"));
  await run("npm", ["pack", "--pack-destination", directory], {
    cwd: root,
    env: { ...env, PATH: process.env["PATH"] ?? "" },
  });
  const [archive] = await readdir(directory);
  const args = [
    "install",
    "--prefix",
    directory,
    "--offline",
    "--no-audit",
    "--no-fund",
    join(directory, archive ?? ""),
  ];
  await run("npm", args, { cwd: directory, env });
}, 120_000);

afterAll(() => rm(directory, { recursive: true, force: true }));

async function spacedock(...args: string[]): Promise<string> {
  return run(join(directory, "node_modules/.bin/spacedock"), args, { cwd: directory, env });
}

describe("the package", () => {
  it("runs from an empty directory, on whatever Node the system has", async () => {
    expect(await spacedock("--version")).toBe(`${packageJson.version}\n`);
    expect(await spacedock("--help")).toContain("Usage: spacedock");
  });

  it("brings nothing but the command: no sources, no packages", async () => {
    expect((await readdir(join(directory, "node_modules", packageJson.name))).toSorted()).toEqual([
      "LICENSE",
      "README.md",
      "dist",
      "package.json",
    ]);
    const [scope = ""] = packageJson.name.split("/");
    expect((await readdir(join(directory, "node_modules"))).filter((name) => !name.startsWith("."))).toEqual([scope]);
  });

  it("has a name in a scope, which nobody else's package can have, and is not published by mistake", () => {
    expect(packageJson.name).toMatch(/^@[\w-]+\/[\w-]+$/);
    expect(packageJson.private).toBe(true);
  });
});

/** The texts that people read, and those that the command line and the registry print. */
const TOLD = ["README.md", "docs", "src"];

async function pages(): Promise<readonly string[]> {
  const entries = await Promise.all(
    TOLD.map(async (path) =>
      path.endsWith(".md")
        ? [join(root, path)]
        : (await readdir(join(root, path), { recursive: true, withFileTypes: true }))
            .filter((entry) => entry.isFile() && /\.(?:md|tsx?)$/.test(entry.name))
            .map((entry) => join(entry.parentPath, entry.name)),
    ),
  );
  // Decisions are history and may keep old words.
  return entries.flat().filter((file) => !file.includes("/docs/decisions/"));
}

describe("what people are told", () => {
  it("is never to run whatever a package registry has under a name", async () => {
    const files = await pages();
    expect(files.length).toBeGreaterThan(100);
    for (const file of files) {
      const content = await readFile(file, "utf8");
      expect(content, file).not.toMatch(/\b(?:npx|npm exec|pnpx|bunx|dlx)\s+(?:-{1,2}\S+\s+)*@?spacedock/);
      expect(content, file).not.toMatch(/\bnpm (?:i|install|add)\s+(?:-{1,2}\S+\s+)*@?spacedock/);
    }
  });
});
