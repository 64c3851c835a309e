import { formatAge, formatUntil } from "../../contract/format.ts";
import type { Style } from "./style.ts";

export function age(time: string): string {
  return formatAge(time, new Date());
}

/** Milliseconds by which a future time is rounded. */
const LEEWAY = 30_000;

/** Formats a future or past time, as in "in 3 days". */
export function ageOrUntil(time: string): string {
  const now = new Date();
  const then = new Date(time);
  // A token just made for 90 days shows 90 days, although a moment has passed.
  if (then.getTime() - now.getTime() > LEEWAY * 10) then.setTime(then.getTime() + LEEWAY);
  return then <= now ? formatAge(time, now) : formatUntil(then, now);
}

export function visibility(isPublic: boolean): string {
  return isPublic ? "public" : "private";
}

export function onOff(enabled: boolean, style: Style): string {
  return enabled ? style.green("on") : style.dim("off");
}

/** Returns enough of a digest to tell it from others. */
export function shortDigest(digest: string): string {
  const [algorithm = "", hex = ""] = digest.split(":");
  return `${algorithm}:${hex.slice(0, 12)}`;
}

/** Formats a count with its noun, as in "1 tag" or "12 tags". */
export function plural(count: number, noun: string, many = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : many}`;
}

/** The most names that fit on a line. */
const SOME = 5;

/** Formats the first of some names, as in "1.0, 1.1 and 7 more". */
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

/** Colours the status of a delivery or an attempt. A status that only a newer server knows gets no colour. */
export function coloured(status: string, style: Style): string {
  const colours: Readonly<Record<string, keyof Style | undefined>> = STATUS_COLOURS;
  const colour = colours[status];
  return colour === undefined ? status : style[colour](status);
}
