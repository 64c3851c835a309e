import type { Env } from "../../src/env.ts";

/** Tests do without the cache, as long as none asks for it: a copy could hide that something is lost. */
let isOn = false;

const SETTINGS = { CACHE_MB: "512", READ_MEMORY_SECONDS: "60" };
const environments = new WeakMap<Env, Env>();

/** True if pulls are served from the cache from now on, as they are by default. */
export function setCaching(on: boolean): void {
  isOn = on;
}

/** The bindings with the cache on or off. The same for the same, since the Worker keeps what it parsed of them. */
export function cachingEnv(env: Env): Env {
  if (!isOn) return env;
  const known = environments.get(env) ?? { ...env, ...SETTINGS };
  environments.set(env, known);
  return known;
}
