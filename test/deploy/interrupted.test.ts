import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { checkout, noFaults, theScene, tokenOf, useScene } from "./scene.ts";

useScene();

it.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const)(
  "leaves no secrets in a temporary file when %s ends an upload, and can be run again",
  async (signal, status) => {
    const person = checkout();
    const temporary = join(person.directory, "tmp");
    mkdirSync(temporary);
    const left = (): readonly string[] =>
      readdirSync(temporary, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith("secrets.json"));
    let before: readonly string[] = [];
    theScene().standIn.script = (call) => {
      if (!call.endsWith("assets-upload-session") || before.length > 0) return null;
      before = left();
      process.kill(Number(readFileSync(join(person.directory, ".secrets.spacedock.json.lock"), "utf8")), signal);
      return "broken";
    };
    const { code } = await person.deployWith({ TMPDIR: temporary });
    expect(before).toHaveLength(1);
    expect(left()).toEqual([]);
    expect(code).toBe(status);
    noFaults();
    expect(await person.deploy()).toMatchObject({ code: 0 });
    expect(tokenOf()).toBe(person.secrets()?.["ADMIN_TOKEN"]);
  },
);
