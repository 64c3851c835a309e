const SIZE = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)b?$/i;
const PREFIXES = ["", "k", "m", "g", "t"];

/** Reads `90MB`, `5MiB`, `1.5g` or a number of bytes; null for anything else. */
export function parseBytes(text: string): number | null {
  const [, number, prefix = "", binary] = SIZE.exec(text.trim()) ?? [];
  if (number === undefined) return null;
  const factor = (binary ? 1024 : 1000) ** PREFIXES.indexOf(prefix.toLowerCase());
  return Math.round(Number(number) * factor);
}

/** Formats a duration, as in "45 s", "3 min 20 s" or "2 h 5 min". */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

const AGE_UNITS = [
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
] as const;

/** Formats the age of an ISO time, as in "3 hours ago". */
export function formatAge(time: string, now: Date): string {
  const seconds = Math.max(0, (now.getTime() - Date.parse(time)) / 1000);
  const [unit, length] = AGE_UNITS.find(([, least]) => seconds >= least) ?? ["second", 1];
  const count = Math.floor(seconds / length);
  return `${count} ${unit}${count === 1 ? "" : "s"} ago`;
}

/** Formats the time until a future moment, as in "in 3 days". */
export function formatUntil(time: Date, now: Date): string {
  return `in ${formatAge(now.toISOString(), time).replace(/ ago$/, "")}`;
}

/** Returns as much of a digest as tells it from others, without `sha256:`, as docker prints it. */
export function shortDigest(digest: string): string {
  return digest.slice(digest.indexOf(":") + 1, digest.indexOf(":") + 13);
}
