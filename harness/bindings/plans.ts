/** Our knowledge of the platform, as data: the calls on a binding that cross the network, and their destinations. */

/** The destinations of calls. `d1Replica`: a read that a session may have answered by any replica. */
export const CALL_KINDS = ["cache", "r2", "d1Primary", "d1Replica", "durableObject", "queue", "kv"] as const;

export type CallKind = (typeof CALL_KINDS)[number];

/** The calls on one kind of object. */
export interface Plan {
  readonly product: string;
  /** Null if the call stays inside the isolate. */
  readonly kindOf: (method: string, args: readonly unknown[]) => CallKind | null;
  /** Returns the plan of the method's result; null if calls on that stay inside the isolate. */
  readonly resultOf: (method: string, args: readonly unknown[]) => Plan | null;
  /** True for a prepared statement that only reads. */
  readonly reads?: boolean;
}

const nothing = (): null => null;

const every =
  (kind: CallKind, methods: readonly string[]) =>
  (method: string): CallKind | null =>
    methods.includes(method) ? kind : null;

export const CACHE: Plan = {
  product: "cache",
  kindOf: every("cache", ["match", "put", "delete"]),
  resultOf: nothing,
};

const R2_UPLOAD: Plan = {
  product: "R2",
  kindOf: every("r2", ["uploadPart", "complete", "abort"]),
  resultOf: nothing,
};

const R2_BUCKET: Plan = {
  product: "R2",
  kindOf: every("r2", ["put", "get", "head", "list", "delete", "createMultipartUpload"]),
  resultOf: (method) => (method.endsWith("MultipartUpload") ? R2_UPLOAD : null),
};

const QUEUE: Plan = { product: "Queue", kindOf: every("queue", ["send", "sendBatch"]), resultOf: nothing };

const KV: Plan = {
  product: "KV",
  kindOf: every("kv", ["get", "getWithMetadata", "put", "delete", "list"]),
  resultOf: nothing,
};

const OBJECT_STUB: Plan = { product: "Durable Object", kindOf: () => "durableObject", resultOf: nothing };

const OBJECT_NAMESPACE: Plan = {
  product: "Durable Object",
  kindOf: nothing,
  resultOf: (method) => (["get", "getByName"].includes(method) ? OBJECT_STUB : null),
};

/** Decides the destination of a query. @param reads true if all its statements only read */
type Routing = (reads: boolean) => CallKind;

const toPrimary: Routing = () => "d1Primary";

/** Sends reads to a replica. If the session asked for the primary's state first, that begins with its second query. */
function sessionRouting(constraint: unknown): Routing {
  let isFresh = constraint !== "first-primary";
  return (reads) => {
    const kind = isFresh && reads ? "d1Replica" : "d1Primary";
    isFresh = true;
    return kind;
  };
}

const WRITES = /\b(?:insert|update|delete|replace|create|drop|alter|pragma)\b/i;

function statement(route: Routing, reads: boolean): Plan {
  const plan: Plan = {
    product: "D1",
    reads,
    kindOf: (method) => (["first", "run", "all", "raw"].includes(method) ? route(reads) : null),
    resultOf: (method) => (method === "bind" ? plan : null),
  };
  return plan;
}

function database(route: Routing, planOf: PlanOf): Plan {
  return {
    product: "D1",
    // A batch is one round trip, however many statements it has.
    kindOf: (method, [first]) => {
      if (method === "batch") return route(isList(first) && first.every((one) => planOf(one)?.reads === true));
      return ["exec", "dump"].includes(method) ? route(false) : null;
    },
    resultOf: (method, [first]) => {
      if (method === "prepare") return statement(route, !WRITES.test(String(first)));
      return method === "withSession" ? database(sessionRouting(first), planOf) : null;
    },
  };
}

/** Returns the plan of a wrapped object: a batch asks for that of its statements. */
export type PlanOf = (wrapped: unknown) => Plan | null;

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);

export type BindingKind = "r2" | "d1" | "durableObject" | "queue" | "kv";

/** The plans of each kind of binding. */
export const BINDING_PLANS: Readonly<Record<BindingKind, (planOf: PlanOf) => Plan>> = {
  r2: () => R2_BUCKET,
  d1: (planOf) => database(toPrimary, planOf),
  durableObject: () => OBJECT_NAMESPACE,
  queue: () => QUEUE,
  kv: () => KV,
};
