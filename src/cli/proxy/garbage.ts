import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { z } from "zod";

/** Bytes that may pass between two collections: of what is young, which costs next to nothing, and of everything. */
const MINOR_EVERY = 4 * 1024 * 1024;
const MAJOR_EVERY = 128 * 1024 * 1024;

const collector = z.custom<(options: { readonly type: "minor" | "major" }) => void>(
  (value) => typeof value === "function",
);

/**
 * Each read from a socket makes a buffer outside of V8's heap, and V8 lets some 64 MB of those pile up before it looks
 * at them: more than all that is held on purpose. So they are collected as bytes pass. Returns what is to be told of those.
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
