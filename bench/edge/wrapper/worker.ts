/** Runs a Worker as it would run at the edge: its bindings answer as late as they would over a network. */
import { type Around, intercepted, planOf } from "./intercept.ts";
import { BINDING_PLANS, type BindingKind, CACHE } from "./plans.ts";
import { REQUEST_HEADER, TRACE_PATH } from "./protocol.ts";
import { type Delays, Tracer } from "./trace.ts";

type Bindings = Readonly<Record<string, BindingKind>>;

/** The handlers of a Worker's default export, which the wrapper goes around. */
interface Handlers<Env> {
  fetch(request: Request, env: Env, context: ExecutionContext): Response | Promise<Response>;
}

interface Edge {
  /**
   * Wraps the Worker's handlers. Its queue and schedule stay as they are and are not counted, since no client waits for
   * them.
   */
  worker<Env extends object, H extends Handlers<Env>>(handlers: H): H & Handlers<Env>;
  /** Wraps the bindings that a Durable Object's class gets. */
  objectEnv<Env extends object>(context: { readonly id: DurableObjectId }, env: Env): Env;
  /** Wraps the cache of the data centre, which is no binding. */
  caches(storage: CacheStorage): CacheStorage;
}

/** Makes the wrapper. @param wait resolves after a number of milliseconds */
export function makeEdge(bindings: Bindings, delays: Delays, wait = (ms: number) => scheduler.wait(ms)): Edge {
  const tracer = new Tracer(delays, wait);
  return {
    worker: (handlers) => edgeWorker(handlers, bindings, tracer),
    objectEnv: ({ id }, env) => edgeEnv(env, bindings, tracer.ofObject(String(id))),
    caches: (storage) => edgeCaches(storage, tracer.ofWorker()),
  };
}

function edgeWorker<Env extends object, H extends Handlers<Env>>(
  handlers: H,
  bindings: Bindings,
  tracer: Tracer,
): H & Handlers<Env> {
  // A Worker may keep values by its `env`, so the same `env` must always give the same wrapped one.
  const environments = new WeakMap<Env, Env>();
  return {
    ...handlers,
    async fetch(request: Request, env: Env, context: ExecutionContext): Promise<Response> {
      if (new URL(request.url).pathname === TRACE_PATH) return Response.json(await tracer.take());
      const known = environments.get(env) ?? edgeEnv(env, bindings, tracer.ofWorker());
      environments.set(env, known);
      const name = request.headers.get(REQUEST_HEADER) ?? "";
      return tracer.handle(name, async () => handlers.fetch(request, known, followedContext(context, tracer)));
    },
  };
}

function edgeEnv<Env extends object>(env: Env, bindings: Bindings, around: Around): Env {
  const values = new Map<string, unknown>(Object.entries(env));
  const wrapped = Object.entries(bindings).flatMap(([name, kind]) => {
    const value = values.get(name);
    if (typeof value !== "object" || value === null) return [];
    return [[name, intercepted(value, BINDING_PLANS[kind](planOf), around)] as const];
  });
  return { ...env, ...Object.fromEntries(wrapped) };
}

function followedContext(context: ExecutionContext, tracer: Tracer): ExecutionContext {
  return new Proxy(context, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property);
      if (typeof value !== "function") return value;
      return (...args: readonly unknown[]): unknown => {
        if (property === "waitUntil") tracer.follow(args[0]);
        return Reflect.apply(value, target, args);
      };
    },
  });
}

function edgeCaches(storage: CacheStorage, around: Around): CacheStorage {
  const usual = intercepted(storage.default, CACHE, around);
  return new Proxy(storage, {
    get(target, property) {
      if (property === "default") return usual;
      if (property === "open") return async (name: string) => intercepted(await target.open(name), CACHE, around);
      const value: unknown = Reflect.get(target, property);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
