/**
 * Counts what a request costs: the calls that cross the network to R2, D1 and Durable Objects. Bindings are wrapped,
 * in the Worker and in its Durable Objects alike; what the calls do is left as it is, unless a test injects a fault.
 *
 * The Worker, its Durable Objects and the tests of a file run in one isolate, so one list in this module sees all.
 */
import type { Env } from "../../src/env.ts";
import type { UploadEnv } from "../../src/storage/uploads/upload-session.ts";

/** What a call is billed as. `free`: R2 deletes objects and aborts uploads for nothing. */
type CallKind = "classA" | "classB" | "free" | "d1" | "durableObject" | "queue";

export interface CountedCall {
  readonly kind: CallKind;
  /** As in "R2 put". */
  readonly name: string;
}

/** How the calls on one kind of object count. */
interface Plan {
  readonly product: string;
  /** Null: the call stays inside the isolate. */
  readonly kindOf: (method: string) => CallKind | null;
  /** How to count calls on what the method returns; null: not at all. */
  readonly resultOf: (method: string) => Plan | null;
}

const nothing = (): null => null;

const D1_STATEMENT: Plan = {
  product: "D1",
  kindOf: (method) => (["first", "run", "all", "raw"].includes(method) ? "d1" : null),
  resultOf: (method) => (method === "bind" ? D1_STATEMENT : null),
};

const D1_DATABASE: Plan = {
  product: "D1",
  // However many statements a batch has, it is one round trip.
  kindOf: (method) => (["batch", "exec", "dump"].includes(method) ? "d1" : null),
  resultOf: (method) => (method === "prepare" ? D1_STATEMENT : method === "withSession" ? D1_DATABASE : null),
};

const R2_UPLOAD: Plan = {
  product: "R2",
  kindOf: (method) => (method === "abort" ? "free" : "classA"),
  resultOf: nothing,
};

const R2_KINDS: Readonly<Record<string, CallKind>> = {
  put: "classA",
  list: "classA",
  createMultipartUpload: "classA",
  get: "classB",
  head: "classB",
  delete: "free",
};

const R2_BUCKET: Plan = {
  product: "R2",
  kindOf: (method) => R2_KINDS[method] ?? null,
  resultOf: (method) => (method.endsWith("MultipartUpload") ? R2_UPLOAD : null),
};

const QUEUE: Plan = {
  product: "Queue",
  kindOf: (method) => (method.startsWith("send") ? "queue" : null),
  resultOf: nothing,
};

const OBJECT_STUB: Plan = { product: "Durable Object", kindOf: () => "durableObject", resultOf: nothing };

const OBJECT_NAMESPACE: Plan = {
  product: "Durable Object",
  kindOf: nothing,
  resultOf: (method) => (["get", "getByName"].includes(method) ? OBJECT_STUB : null),
};

/** Where calls are noted while {@link countCalls} runs. */
let noted: CountedCall[] | null = null;
/** What happens instead of a call, where a test wants that: it may proceed with the call itself, or not. */
export type Disturbance = (call: CountedCall, proceed: () => unknown) => unknown;

let disturbance: Disturbance | null = null;
/** Work that goes on after its request was answered. */
let unsettled = 0;

const originals = new WeakMap<object, object>();
const environments = new WeakMap<Env, Env>();

/** The Worker's bindings, counted. The same for the same `env`, since the Worker keeps what it parsed of it. */
export function countedEnv(env: Env): Env {
  const known = environments.get(env);
  if (known !== undefined) return known;
  const made = {
    ...countedBucket(env),
    DB: counted(env.DB, D1_DATABASE),
    EVENTS: counted(env.EVENTS, QUEUE),
    UPLOADS: counted(env.UPLOADS, OBJECT_NAMESPACE),
  };
  environments.set(env, made);
  return made;
}

/** A Durable Object's bindings, counted. */
export function countedBucket<E extends UploadEnv>(env: E): E {
  return { ...env, BLOBS: counted(env.BLOBS, R2_BUCKET) };
}

/** A context that lets {@link countCalls} wait for what the answer did not wait for. */
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

/** The calls that are made from the beginning of `act` until all it began has ended. One at a time. */
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

/** Waits until all has ended that answers did not wait for. */
export async function settled(): Promise<void> {
  while (!isSettled()) await scheduler.wait(1);
}

function isSettled(): boolean {
  return unsettled === 0;
}

/** Lets each call that is made while `act` runs be disturbed. One at a time. */
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
    // Whoever began the work deals with its failure.
  } finally {
    unsettled -= 1;
  }
}

function counted<T extends object>(target: T, plan: Plan): T {
  const proxy = new Proxy(target, {
    get(_, property) {
      const value: unknown = Reflect.get(target, property);
      if (typeof value !== "function" || typeof property !== "string") return value;
      return (...args: readonly unknown[]): unknown => {
        const kind = plan.kindOf(property);
        const proceed = (): unknown =>
          countedResult(Reflect.apply(value, target, args.map(original)), plan.resultOf(property));
        if (kind === null) return proceed();
        const call: CountedCall = { kind, name: `${plan.product} ${property}` };
        noted?.push(call);
        return disturbance === null ? proceed() : disturbance(call, proceed);
      };
    },
  });
  originals.set(proxy, target);
  return proxy;
}

function countedResult(result: unknown, plan: Plan | null): unknown {
  if (plan === null || typeof result !== "object" || result === null) return result;
  if (result instanceof Promise) return result.then((value: unknown) => countedResult(value, plan));
  return counted(result, plan);
}

/** The runtime's own objects know only their own kind: a batch gets the statements that were wrapped. */
function original(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(original);
  return typeof value === "object" && value !== null ? (originals.get(value) ?? value) : value;
}
