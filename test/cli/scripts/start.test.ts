import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { isDue } from "../../../scripts/cron.ts";
import { CRONS, SETTINGS } from "../../../scripts/settings.ts";

/** Returns the minutes of an hour at which it is due. */
function minutesOf(cron: string, hour = "2026-01-01T10"): readonly number[] {
  return Array.from({ length: 60 }, (_, minute) => minute).filter((minute) =>
    isDue(cron, new Date(`${hour}:${String(minute).padStart(2, "0")}:30Z`)),
  );
}

describe("npm start", () => {
  it("takes each setting of the Worker from its environment", async () => {
    const env = await readFile("src/env.ts", "utf8");
    const settings = [...env.matchAll(/readonly ([A-Z][A-Z0-9_]*)\?: string \| number;/g)].map(([, name]) => name);
    expect(settings).toContain("KEEP_EVENTS_DAYS");
    expect(SETTINGS).toEqual(expect.arrayContaining(settings));
    expect(SETTINGS).toContain("PUBLIC_URL");
    expect(new Set(SETTINGS).size).toBe(SETTINGS.length);
  });

  it("calls upkeep when the cron triggers of wrangler.toml would", async () => {
    expect(CRONS.length).toBe(3);
    const all = CRONS.flatMap((cron) => minutesOf(cron));
    expect(new Set(all).size).toBe(all.length);
    for (const cron of CRONS) expect(minutesOf(cron).length).toBe(12);
  });
});

describe("a cron expression", () => {
  it.each([
    ["*/5 * * * *", [0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55]],
    ["2-59/20 * * * *", [2, 22, 42]],
    ["7,9-10 * * * *", [7, 9, 10]],
    ["3 10 1 1 4", [3]],
    ["3 11 * * *", []],
    ["3 10 2 * *", []],
    ["3 * * * 5", []],
  ])("%s names minutes", (cron, minutes) => {
    expect(minutesOf(cron)).toEqual(minutes);
  });
});
