import type { Env } from "../../src/env.ts";

/** Tests use no cache unless they ask for it: a copy could hide a loss. */
let isOn = false;

const SETTINGS = { CACHE_MB: "512", READ_MEMORY_SECONDS: "60" };
const environments = new WeakMap<Env, Env>();

/** Sets whether pulls are served from the cache from now on, as they are by default. */
export function setCaching(on: boolean): void {
  isOn = on;
}

/** Returns the bindings with the cache on or off. The same bindings give the same result, since the Worker keeps what it parsed of them. */
export function cachingEnv(env: Env): Env {
  if (!isOn) return env;
  const known = environments.get(env) ?? { ...env, ...SETTINGS };
  environments.set(env, known);
  return known;
}
