import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "../..");

function run(script: string, ...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, "scripts", script), ...args], {
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

describe.each(["backup", "restore"])("npm run %s", (name) => {
  const usage = `usage: npm run ${name} -- <directory>`;

  it("prints its usage when asked for help, and succeeds", () => {
    expect(run(`${name}.ts`, "--help")).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(new RegExp(`^${usage}`)),
      stderr: "",
    });
  });

  it("fails with its usage for two directories", () => {
    expect(run(`${name}.ts`, "one", "two")).toMatchObject({
      status: 1,
      stdout: "",
      stderr: expect.stringContaining(usage),
    });
  });
});
