/** The registry under test: the real Worker on real local storage, emptied for each sequence, and a clock that is moved. */
import { applyD1Migrations, reset, runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import type { Env } from "../../src/env.ts";
import { type MovedClock, startClock } from "../support/clock.ts";
import { makeSpace } from "../support/registry.ts";
import { bindingsInTime } from "../support/upkeep.ts";
import { sessionObject } from "../support/upload.ts";
import { spaceOf } from "./model.ts";

export const SPACES = ["north", "south"] as const;
export const REPOSITORIES: readonly string[] = SPACES.flatMap((space) => [`${space}/web`, `${space}/api`]);

export interface World {
  readonly clock: MovedClock;
  /** The bindings as upkeep sees them. */
  readonly bindings: Env;
  /** The credential of each space. */
  readonly secrets: ReadonlyMap<string, string>;
  /** Keys whose objects were found to match their digests. */
  readonly verified: Set<string>;
  /** Keys whose objects were damaged or removed. */
  readonly broken: Set<string>;
}

export async function openWorld(): Promise<World> {
  await reset();
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
  const clock = startClock();
  const secrets = new Map<string, string>();
  for (const space of SPACES) secrets.set(space, await makeSpace(space));
  return {
    clock,
    secrets,
    verified: new Set(),
    broken: new Set(),
    bindings: bindingsInTime(clock),
  };
}

export function closeWorld({ clock }: World): void {
  clock.stop();
}

/** Returns the credential of the repository's space. */
export function secretOf({ secrets }: World, repository: string): string {
  return secretOfSpace(secrets, spaceOf(repository));
}

/** Returns the credential of the other space. */
export function strangerTo({ secrets }: World, repository: string): string {
  return secretOfSpace(secrets, SPACES.find((space) => !repository.startsWith(`${space}/`)) ?? "");
}

function secretOfSpace(secrets: ReadonlyMap<string, string>, space: string): string {
  const secret = secrets.get(space);
  if (secret === undefined) throw new Error(`there is no space ${space}`);
  return secret;
}

/** Wakes the session's Durable Object, as its alarm does. */
export async function wake(address: string): Promise<void> {
  await runDurableObjectAlarm(sessionObject(address));
}
