import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import { run } from "../live/run.ts";

const root = resolve(import.meta.dirname, "../..");
/** Without what the checkout brings: the system's own Node, which may be an older one. */
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
    expect((await readdir(join(directory, "node_modules/spacedock"))).toSorted()).toEqual([
      "LICENSE",
      "README.md",
      "dist",
      "package.json",
    ]);
    expect((await readdir(join(directory, "node_modules"))).filter((name) => !name.startsWith("."))).toEqual([
      "spacedock",
    ]);
  });
});
