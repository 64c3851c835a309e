import { afterEach, beforeEach, expect } from "vitest";
import type { Account } from "./account.ts";
import { type Checkout, makeCheckout, type Outcome } from "./run-deploy.ts";
import { type Fault, startStandIn, type StandIn } from "./stand-in.ts";

/** The scene at the beginning of each test: a stand-in and an empty account. */
export interface Scene {
  readonly standIn: StandIn;
  readonly account: Account;
}

let scene: Scene | null = null;
const checkouts: Checkout[] = [];

/** Sets up a scene before each test of a file. */
export function useScene(): void {
  beforeEach(async () => {
    const standIn = await startStandIn();
    scene = { standIn, account: standIn.account };
  });
  afterEach(async () => {
    for (const one of checkouts.splice(0)) one.remove();
    await scene?.standIn.close();
  });
}

export function theScene(): Scene {
  if (scene === null) throw new Error("no test is under way");
  return scene;
}

/** Makes a checkout that is removed after the test. */
export function checkout(worker?: "real"): Checkout {
  const made = makeCheckout(theScene().standIn, worker);
  checkouts.push(made);
  return made;
}

/** Expects an end with these sentences and without a stack, before anything was uploaded. */
export function expectRefused({ code, output }: Outcome, ...sentences: readonly string[]): void {
  for (const sentence of sentences) expect(output).toContain(sentence);
  expect(code).toBe(1);
  expect(output).not.toMatch(/^\s+at /m);
  expect(theScene().standIn.calls.filter(isUpload)).toEqual([]);
}

const isUpload = (call: string): boolean => /^PUT .workers.scripts.[^/]+$|versions$/.test(call);

/** Answers calls of this kind with a fault. */
export function faultOn(pattern: RegExp, fault: Fault): void {
  theScene().standIn.script = (call) => (pattern.test(call) ? fault : null);
}

/** Stops all faults from here on. */
export function noFaults(): void {
  theScene().standIn.script = () => null;
}

export function tokenOf(worker = "spacedock"): string | undefined {
  return theScene().account.secret(worker, "ADMIN_TOKEN");
}

/** Returns rows of the account's only database. */
export async function rows(sql: string): Promise<readonly unknown[]> {
  const [database] = theScene().account.databases.values();
  return (await database?.sql.run(sql))?.at(-1) ?? [];
}
