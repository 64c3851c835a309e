/**
 * Counts the cost of a request: its calls over the network to R2, D1 and Durable Objects. Bindings are
 * wrapped, in the Worker and in its Durable Objects; the calls still do the same, unless a test injects a
 * fault.
 *
 * The Worker, its Durable Objects and the tests of a file run in one isolate, so one list in this module
 * sees all.
 */
import { type Call, intercepted, planOf } from "../../harness/bindings/intercept.ts";
import { BINDING_PLANS, type BindingKind } from "../../harness/bindings/plans.ts";
import type { Env } from "../../src/env.ts";
import type { UploadEnv } from "../../src/storage/uploads/upload-session.ts";

/** The billing of a call. `free`: R2 deletes objects and aborts uploads for nothing. */
type Bill = "classA" | "classB" | "free" | "d1" | "durableObject" | "queue";

export interface CountedCall {
  readonly kind: Bill;
  /** The product and the method, as in "R2 put". */
  readonly name: string;
}

const R2_BILLS: Readonly<Record<string, Bill>> = { get: "classB", head: "classB", delete: "free", abort: "free" };

function billOf({ kind, method, name }: Call): Bill {
  switch (kind) {
    case "r2":
      return R2_BILLS[method] ?? "classA";
    case "d1Primary":
    case "d1Replica":
      return "d1";
    case "durableObject":
    case "queue":
      return kind;
    case "cache":
    case "kv":
      throw new Error(`nobody counts ${name}`);
  }
}

/** The calls noted while {@link countCalls} runs; null otherwise. */
let noted: CountedCall[] | null = null;
/** Stands in for a call. It may proceed with the call itself, or not. */
export type Disturbance = (call: CountedCall, proceed: () => unknown) => unknown;

let disturbance: Disturbance | null = null;
/** The number of works that still go on after their requests were answered. */
let unsettled = 0;

const environments = new WeakMap<Env, Env>();

/** Returns the Worker's bindings, counted. The same `env` gives the same result, since the Worker keeps what it parsed of it. */
export function countedEnv(env: Env): Env {
  const known = environments.get(env);
  if (known !== undefined) return known;
  const made = {
    ...countedBucket(env),
    DB: counted(env.DB, "d1"),
    EVENTS: counted(env.EVENTS, "queue"),
    UPLOADS: counted(env.UPLOADS, "durableObject"),
  };
  environments.set(env, made);
  return made;
}

/** Returns a Durable Object's bindings, counted. */
export function countedBucket<E extends UploadEnv>(env: E): E {
  return { ...env, BLOBS: counted(env.BLOBS, "r2") };
}

/** Returns a context that lets {@link countCalls} wait for work that goes on after the answer. */
export function countedContext(context: ExecutionContext): ExecutionContext {
  return new Proxy(context, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property);
      if (typeof value !== "function") return value;
      return (...args: readonly unknown[]): unknown => {
        if (property === "waitUntil") void settle(args[0]);
        return Reflect.apply(value, target, args);
      };
    },
  });
}

/** Returns the calls made from the beginning of `act` until everything that it began has ended. Only one can run at a time. */
export async function countCalls(act: () => Promise<void>): Promise<readonly CountedCall[]> {
  if (noted !== null) throw new Error("calls are being counted already");
  const calls: CountedCall[] = [];
  noted = calls;
  try {
    await act();
    await settled();
  } finally {
    noted = null;
  }
  return calls;
}

/** Waits until all work that goes on after answers has ended. */
export async function settled(): Promise<void> {
  while (!isSettled()) await scheduler.wait(1);
}

function isSettled(): boolean {
  return unsettled === 0;
}

/** Lets each call made while `act` runs be disturbed. Only one can run at a time. */
export async function disturbCalls(disturb: Disturbance, act: () => Promise<void>): Promise<void> {
  if (disturbance !== null) throw new Error("calls are being disturbed already");
  disturbance = disturb;
  try {
    await act();
    await settled();
  } finally {
    disturbance = null;
  }
}

async function settle(work: unknown): Promise<void> {
  unsettled += 1;
  try {
    await work;
  } catch {
    // The failure is left to the code that began the work.
  } finally {
    unsettled -= 1;
  }
}

function counted<T extends object>(binding: T, kind: BindingKind): T {
  return intercepted(binding, BINDING_PLANS[kind](planOf), (intercept, proceed) => {
    const call: CountedCall = { kind: billOf(intercept), name: intercept.name };
    noted?.push(call);
    return disturbance === null ? proceed() : disturbance(call, proceed);
  });
}
