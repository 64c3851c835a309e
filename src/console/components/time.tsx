import { useEffect, useState } from "react";
import { formatAge, formatUntil } from "../../contract/format.ts";

/** Milliseconds between looks at the clock: ages are told to the minute. */
const TICK = 30_000;

const ABSOLUTE = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" });

/** Returns the current time, to half a minute. */
export function useNow(): Date {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    const timer = setInterval(() => setNow(new Date()), TICK);
    return () => clearInterval(timer);
  }, []);
  return now;
}

/** Shows how long ago a time was, or how far off it is. The title has the time itself, in the reader's zone. */
export function Time({ at }: { readonly at: string }) {
  const now = useNow();
  const then = new Date(at);
  return (
    <time dateTime={at} title={ABSOLUTE.format(then)}>
      {then <= now ? formatAge(at, now) : formatUntil(then, now)}
    </time>
  );
}
