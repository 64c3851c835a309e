import { chmod, mkdir, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "../../../harness/live/run.ts";
import { type Home, openHome } from "../support/home.ts";

/** Tests the shells that a developer's machine need not have; bash is tested with the command itself. */
describe("completion in a real shell", () => {
  const root = resolve(import.meta.dirname, "../../..");
  let home: Home;
  let path = "";

  beforeAll(async () => {
    await run(process.execPath, ["scripts/build-cli.ts"], { cwd: root, env: {} });
    home = await openHome();
    path = `${home.path("bin")}:${home.env["PATH"] ?? ""}`;
    await mkdir(home.path("bin"));
    await writeFile(home.path("bin/spacedock"), `#!/bin/sh\nexec node "${root}/dist/spacedock.js" "$@"\n`);
    await chmod(home.path("bin/spacedock"), 0o755);
    for (const shell of ["zsh", "fish"]) {
      await writeFile(home.path(shell), await inShell("spacedock", ["completion", shell]));
    }
  });

  afterAll(() => home.remove());

  async function inShell(command: string, args: readonly string[]): Promise<string> {
    return home.run("env", [`PATH=${path}`, command, ...args]);
  }

  it("is offered by fish, with what each word is", async () => {
    const script = `source ${home.path("fish")}; complete -C "spacedock deliveries "`;
    const printed = await inShell("fish", ["--no-config", "-c", script]);
    expect(printed).toContain("redeliver\tSend deliveries again, each under its own id");
  });

  it("is offered by zsh, with what each word is", async () => {
    // Without a terminal there is no completion, so stubs stand in for its functions.
    const stubs = ["compdef() { :; }", "_describe() { print -rl -- $candidates; }", `. ${home.path("zsh")}`];
    const script = [...stubs, "words=(spacedock deliveries list --st); CURRENT=4; _spacedock"].join("\n");
    expect(await inShell("zsh", ["-f", "-c", script])).toMatch(/^--status:only deliveries with this status: pending/);
  });
});
