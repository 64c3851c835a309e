import { describe, expect, it } from "vitest";
import { makeStyle } from "../../../src/cli/output/style.ts";
import { visible, visibleJson, visibleLine, widthOf } from "../../../src/cli/output/visible.ts";
import { refuse, serve } from "../support/server.ts";
import { stubManagement } from "../support/management-stub.ts";
import { runCli } from "../support/world.ts";
import { delivery, target, trigger } from "../commands/samples.ts";

const style = makeStyle(true);

describe("what a person is shown", () => {
  it.each([
    ["\u001B[2J\u001B[31mred", String.raw`\x1b[2J\x1b[31mred`],
    ["\u001B]8;;http://evil\u0007link", String.raw`\x1b]8;;http://evil\x07link`],
    ["over\rwritten", String.raw`over\rwritten`],
    ["back\bspace\u007F", String.raw`back\x08space\x7f`],
    ["C1 \u009B31m", String.raw`C1 \x9b31m`],
    ["user\u202Etxt.exe\u2066\u200F\u061C", String.raw`user\u202etxt.exe\u2066\u200f\u061c`],
    ["zero\u200Bwidth\uFEFF", String.raw`zero\u200bwidth\ufeff`],
    ["lines\u2028and\u2029", String.raw`lines\u2028and\u2029`],
    ["tag\u{E0041}", String.raw`tag\u{e0041}`],
    ["tab\tand\nline, ü, 日本, 👩‍👩‍👧, می‌خواهم", "tab\tand\nline, ü, 日本, 👩‍👩‍👧, می‌خواهم"],
  ])("has nothing in it that acts on a terminal: %j", (text, shown) => {
    expect(visible(text)).toBe(shown);
  });

  it("keeps the colours that are ours, and no others", () => {
    expect(visible(`${style.red("a")}\u001B[31mb`)).toBe(`\u001B[31ma\u001B[39m${String.raw`\x1b[31mb`}`);
    expect(widthOf(style.red("abc"))).toBe(3);
  });

  it("stays on its line where it is a cell or a label", () => {
    expect(visibleLine("a\nregistry:\tevil\r")).toBe(String.raw`a\nregistry:\tevil\r`);
    expect(visible(visibleLine(style.red("a\u001B")))).toBe(`\u001B[31ma${String.raw`\x1b`}\u001B[39m`);
  });

  it("is exact as JSON, and acts on no terminal either", () => {
    const data = { "a\u009B": "\u001B[2J\u202E\u{E0041}\u007F\n" };
    const json = visibleJson(data);
    expect(JSON.parse(json)).toEqual(data);
    expect(json).toMatch(/^[\u0020-\u007E]+$/);
  });
});

/** Begins by clearing the screen and ends by turning the direction. */
const EVIL = "\u001B[2J\u202Eevil";
const ACTS = /(?![\n\t])\p{Cc}|\u202E/u;

describe("a command", () => {
  it("shows names and answers without what acts on a terminal", async () => {
    const stub = await stubManagement();
    const space = { space: "acme" };
    stub.on("listDeliveries", space, { items: [{ ...delivery, reason: EVIL }], next: null });
    stub.on("listTargets", space, { items: [{ ...target, name: EVIL }], next: null });
    stub.on("listTriggers", space, { items: [{ ...trigger, name: EVIL }], next: null });
    for (const args of [
      ["deliveries", "list"],
      ["deliveries", "tail"],
      ["targets", "list"],
      ["triggers", "list"],
    ]) {
      const said = await runCli([...args, "--space", "acme"], stub.env, { isTerminal: true });
      expect(said.exitCode).toBe(0);
      expect(said.stdout).toContain(String.raw`\x1b[2J\u202eevil`);
      expect(`${said.stdout}${said.stderr}`).not.toMatch(ACTS);
    }
  });

  it("shows another registry's error without what acts on a terminal", async () => {
    const server = await serve((_, response) => refuse(response, 403, EVIL));
    const said = await runCli(["inspect", `${server.host}/a/b:1`], { HOME: "/nowhere" });
    expect(said.exitCode).toBe(4);
    expect(said.stderr).toContain(String.raw`\x1b[2J\u202eevil`);
    expect(said.stderr).not.toMatch(ACTS);
  });
});
