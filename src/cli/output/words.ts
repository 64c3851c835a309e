import { formatAge, formatUntil } from "../../contract/format.ts";
import type { Style } from "./style.ts";

/** Small things that many commands show alike. */

export function age(time: string): string {
  return formatAge(time, new Date());
}

/** Milliseconds by which a time to come is rounded. */
const LEEWAY = 30_000;

/** A time that comes, or that has gone by, as in "in 3 days". */
export function ageOrUntil(time: string): string {
  const now = new Date();
  const then = new Date(time);
  // What was to last 90 days has 90 days left for a moment yet.
  if (then.getTime() - now.getTime() > LEEWAY * 10) then.setTime(then.getTime() + LEEWAY);
  return then <= now ? formatAge(time, now) : formatUntil(then, now);
}

export function visibility(isPublic: boolean): string {
  return isPublic ? "public" : "private";
}

export function onOff(enabled: boolean, style: Style): string {
  return enabled ? style.green("on") : style.dim("off");
}

/** Enough of a digest to tell it from others. */
export function shortDigest(digest: string): string {
  const [algorithm = "", hex = ""] = digest.split(":");
  return `${algorithm}:${hex.slice(0, 12)}`;
}

/** As in "1 tag" or "12 tags". */
export function plural(count: number, noun: string, many = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : many}`;
}

/** As many names as a line has room for. */
const SOME = 5;

/** The first of some names, as in "1.0, 1.1 and 7 more". */
export function someOf(names: readonly string[], count: number): string {
  const first = names.slice(0, SOME);
  const more = count - first.length;
  return `${first.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

const STATUS_COLOURS = {
  delivered: "green",
  done: "green",
  pending: "yellow",
  running: "yellow",
  retry: "yellow",
  failed: "red",
  gone: "red",
  superseded: "dim",
  canceled: "dim",
} as const satisfies Readonly<Record<string, keyof Style>>;

/** A delivery's or an attempt's state. One that a newer server knows has no colour. */
export function coloured(status: string, style: Style): string {
  const colours: Readonly<Record<string, keyof Style | undefined>> = STATUS_COLOURS;
  const colour = colours[status];
  return colour === undefined ? status : style[colour](status);
}
