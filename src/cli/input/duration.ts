import * as z from "zod";

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** Reads `90d`, `12h`, `1.5h` or `30s` as milliseconds; null for anything else. */
function parseDuration(text: string): number | null {
  const [, number, unit = ""] = /^(\d+(?:\.\d+)?)\s*([a-z]+)$/i.exec(text.trim()) ?? [];
  const length = UNITS[unit.toLowerCase()];
  return number === undefined || length === undefined ? null : Math.round(Number(number) * length);
}

/** An option with a length of time, in milliseconds. */
export const duration = z.string().transform((text, context) => {
  const parsed = parseDuration(text);
  if (parsed !== null) return parsed;
  context.addIssue({ code: "custom", message: `"${text}" is not a duration: write it as 30s, 12h or 90d` });
  return z.NEVER;
});

/** An option with a past time: how long ago, or a date. */
export const pastTime = z.string().transform((text, context) => {
  const ago = parseDuration(text);
  const time = ago === null ? Date.parse(text) : Date.now() - ago;
  if (Number.isFinite(time)) return new Date(time);
  context.addIssue({ code: "custom", message: `"${text}" is not a time: write it as 2h, 3d or 2026-01-31T12:00:00Z` });
  return z.NEVER;
});
