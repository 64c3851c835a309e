import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import * as z from "zod";

/** Bytes that may pass between two collections: of young objects, which costs almost nothing, and of everything. */
const MINOR_EVERY = 4 * 1024 * 1024;
const MAJOR_EVERY = 128 * 1024 * 1024;

const collector = z.custom<(options: { readonly type: "minor" | "major" }) => void>(
  (value) => typeof value === "function",
);

/**
 * Collects buffers as bytes pass. Each read from a socket makes a buffer outside V8's heap, and V8 lets some 64 MB of
 * them pile up before it collects them: more than all that is held on purpose. Returns the function to call with the
 * number of bytes.
 */
export function garbageCollector(): (bytes: number) => void {
  setFlagsFromString("--expose-gc");
  const collect = collector.safeParse(runInNewContext("typeof gc === 'undefined' ? undefined : gc"));
  if (!collect.success) return () => undefined;
  let sinceMinor = 0;
  let sinceMajor = 0;
  return (bytes) => {
    sinceMinor += bytes;
    sinceMajor += bytes;
    if (sinceMinor < MINOR_EVERY) return;
    const type = sinceMajor < MAJOR_EVERY ? "minor" : "major";
    collect.data({ type });
    sinceMinor = 0;
    if (type === "major") sinceMajor = 0;
  };
}
