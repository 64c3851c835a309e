import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import type { Environment } from "../../../src/cli/context.ts";
import { makeOutput, type Output } from "../../../src/cli/output/output.ts";

interface Terminal {
  readonly output: Output;
  readonly out: () => string;
  readonly err: () => string;
}

function terminal(options: { json?: boolean; color?: boolean; isTTY?: boolean; env?: Environment } = {}): Terminal {
  const { json = false, color = true, isTTY = true, env = {} } = options;
  const stdout = Object.assign(new PassThrough(), { isTTY, columns: 100, rows: 30 });
  const stderr = Object.assign(new PassThrough(), { isTTY, columns: 100, rows: 30 });
  return {
    output: makeOutput({ stdout, stderr, env, json, color }),
    out: () => textOf(stdout),
    err: () => textOf(stderr),
  };
}

function textOf(stream: PassThrough): string {
  return String(stream.read() ?? "");
}

describe("what a command says", () => {
  it("is text for people and JSON for scripts", () => {
    const person = terminal();
    person.output.show({ a: 1 }, () => "one a");
    expect(person.out()).toBe("one a\n");
    const script = terminal({ json: true });
    script.output.show({ a: 1 }, () => "one a");
    expect(script.out()).toBe('{"a":1}\n');
  });

  it("keeps remarks off stdout, and from scripts", () => {
    const person = terminal();
    person.output.note("by the way");
    expect([person.out(), person.err()]).toEqual(["", "by the way\n"]);
    const script = terminal({ json: true });
    script.output.note("by the way");
    script.output.warn("careful");
    expect(script.err()).toContain("careful");
  });

  it.each([
    [{}, true],
    [{ isTTY: false }, false],
    [{ color: false }, false],
    [{ env: { NO_COLOR: "1" } }, false],
  ])("has colours only where they are wanted: %o", (options, isColourful) => {
    expect(terminal(options).output.style.red("x") !== "x").toBe(isColourful);
  });
});

describe("progress", () => {
  it("shows a line for each bar, and how it ended", () => {
    const { output, err } = terminal();
    const progress = output.progress();
    const first = progress.bar("sha256:aaaa", 1000);
    progress.bar("sha256:bbbb", 2000).update(500);
    first.end("pushed");
    progress.close();
    expect(err()).toMatch(/sha256:aaaa.*pushed[^]*sha256:bbbb.*25%.*500 B of 2\.0 kB/);
  });

  it.each([{ isTTY: false }, { json: true }, { env: { TERM: "dumb" } }])(
    "is silent where nobody watches: %o",
    (options) => {
      const { output, err } = terminal(options);
      const progress = output.progress();
      progress.bar("sha256:aaaa", 1000).update(500);
      progress.close();
      expect(err()).toBe("");
    },
  );
});
