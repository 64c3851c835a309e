/** Wraps the calls of a binding that cross the network. The calls still do the same. */
import type { CallKind, Plan } from "./plans.ts";

export interface Call {
  readonly kind: CallKind;
  readonly method: string;
  /** The product and the method, as in "R2 put". */
  readonly name: string;
  /** The id of the Durable Object that is called; null for another kind of call. */
  readonly object: string | null;
}

/** Stands in for a call. It proceeds to make the call, and returns the result. */
export type Around = (call: Call, proceed: () => unknown) => unknown;

const originals = new WeakMap<object, object>();
const plans = new WeakMap<object, Plan>();

export function planOf(wrapped: unknown): Plan | null {
  return isObject(wrapped) ? (plans.get(wrapped) ?? null) : null;
}

export function intercepted<T extends object>(target: T, plan: Plan, around: Around): T {
  const proxy = new Proxy(target, {
    get(_, property) {
      const value: unknown = Reflect.get(target, property);
      if (typeof value !== "function" || typeof property !== "string") return value;
      return (...args: readonly unknown[]): unknown => {
        const proceed = (): unknown =>
          interceptedResult(Reflect.apply(value, target, args.map(original)), plan.resultOf(property, args), around);
        const kind = plan.kindOf(property, args);
        if (kind === null) return proceed();
        const call = { kind, method: property, name: `${plan.product} ${property}`, object: objectId(kind, target) };
        return around(call, proceed);
      };
    },
  });
  originals.set(proxy, target);
  plans.set(proxy, plan);
  return proxy;
}

function interceptedResult(result: unknown, plan: Plan | null, around: Around): unknown {
  if (plan === null || !isObject(result)) return result;
  if (result instanceof Promise) return result.then((value: unknown) => interceptedResult(value, plan, around));
  return intercepted(result, plan, around);
}

/** Returns the object that was wrapped: the runtime knows only its own, and a batch gets wrapped statements. */
function original(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(original);
  return isObject(value) ? (originals.get(value) ?? value) : value;
}

function objectId(kind: CallKind, stub: object): string | null {
  return kind === "durableObject" && "id" in stub ? String(stub.id) : null;
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;
