import { describe, expect, it } from "vitest";
import { formatAge, formatDuration, parseBytes } from "../../src/contract/format.ts";
import { formatBytes } from "../../src/oci/size.ts";
import { Rate } from "../../src/cli/output/rate.ts";
import { makeStyle } from "../../src/cli/output/style.ts";
import { table } from "../../src/cli/output/table.ts";

describe("a number of bytes", () => {
  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1.0 kB"],
    [99_949, "99.9 kB"],
    [99_950, "100 kB"],
    [999_499, "999 kB"],
    [999_500, "1.0 MB"],
    [90_000_000, "90.0 MB"],
    [10_000_000_000, "10.0 GB"],
    [5_000_000_000_000_000, "5000 TB"],
  ])("%i is printed as %s", (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it.each([
    ["90MB", 90_000_000],
    ["90 mb", 90_000_000],
    ["5MiB", 5_242_880],
    ["1.5g", 1_500_000_000],
    ["1024", 1024],
    ["10k", 10_000],
  ])("is read from %s", (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
  });

  it.each(["", "MB", "-1", "1,5 MB", "1 PB", "10 MBit"])("is not read from %j", (text) => {
    expect(parseBytes(text)).toBeNull();
  });
});

describe("a time", () => {
  it.each([
    [400, "0 s"],
    [59_400, "59 s"],
    [200_000, "3 min 20 s"],
    [7_500_000, "2 h 5 min"],
  ])("of %i ms is printed as %s", (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text);
  });

  const now = new Date("2026-11-20T12:00:00Z");
  it.each([
    ["2026-11-20T12:00:05Z", "0 seconds ago"],
    ["2026-11-20T11:59:59Z", "1 second ago"],
    ["2026-11-20T10:30:00Z", "1 hour ago"],
    ["2026-11-01T12:00:00Z", "19 days ago"],
  ])("%s is printed as %s", (time, text) => {
    expect(formatAge(time, now)).toBe(text);
  });
});

describe("a rate", () => {
  it("is taken over the last seconds", () => {
    const rate = new Rate();
    expect(rate.perSecond()).toBeNull();
    rate.note(0, 0);
    rate.note(100, 1000);
    expect(rate.perSecond()).toBe(100);
    for (let second = 2; second <= 20; second++) rate.note(100 + 10 * (second - 1), second * 1000);
    expect(rate.perSecond()).toBe(10);
  });

  it("begins anew where bytes were lost", () => {
    const rate = new Rate();
    rate.note(1000, 0);
    rate.note(500, 1000);
    rate.note(700, 2000);
    expect(rate.perSecond()).toBe(200);
  });
});

describe("a table", () => {
  it("lines its columns up, whatever colours are in them", () => {
    const { red } = makeStyle(true);
    expect(
      table(
        ["name", "size"],
        [
          [red("a"), "1"],
          ["long name", "2"],
        ],
        { width: 100 },
      ),
    ).toBe(`NAME        SIZE\n${red("a")}           1\nlong name   2`);
  });

  it("of nothing is its heading", () => {
    expect(table(["name"], [], { width: 100 })).toBe("NAME");
  });
});
