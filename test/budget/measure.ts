import { expect, it } from "vitest";
import { bearerOf } from "../support/bearer.ts";
import { ask } from "../support/registry.ts";
import { countCalls, type CountedCall } from "../support/counting.ts";
import { BUDGET, type BudgetKey, type Measured, overBudget, type Tally } from "../../harness/budget/rows.ts";

declare module "vitest" {
  interface TaskMeta {
    /** Read by the bench from the JSON report. */
    measured?: Measured;
  }
}

/** One step of a measured operation; it fails if the answer has another status. */
interface Step {
  readonly path: string;
  readonly status: number;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: BodyInit;
}

export type Client = (step: Step) => Promise<Response>;

/** Fetches a Bearer token for these scopes. Returns a function that sends requests with it and reads each answer to its end. */
export async function bearerClient(secret: string, ...scopes: readonly string[]): Promise<Client> {
  const token = await bearerOf(secret, ...scopes);
  return async ({ path, status, method = "GET", headers = {}, body = null }) => {
    const response = await ask(path, { method, headers: { Authorization: `Bearer ${token}`, ...headers }, body });
    const content = await response.arrayBuffer();
    if (response.status !== status) {
      throw new Error(`${method} ${path} answered ${response.status}: ${new TextDecoder().decode(content)}`);
    }
    return new Response(response.status === 204 ? null : content, { status, headers: response.headers });
  };
}

/** Tests that an operation stays within its row of the budget. `prepare` is not counted; the function that it returns is. */
export function budgeted(key: BudgetKey, prepare: () => Promise<() => Promise<void>>): void {
  const { operation, budget } = BUDGET[key];
  it(`${operation} keeps to its budget`, async ({ task }) => {
    const counted = await countCalls(await prepare());
    const tally = tallyOf(counted);
    const calls = counted.map(({ name }) => name);
    task.meta.measured = { key, tally, calls };
    const over = overBudget(tally, budget);
    // The calls are shown if the test fails.
    expect({ over, calls }).toEqual({ over: [], calls });
  });
}

function tallyOf(calls: readonly CountedCall[]): Tally {
  const count = (kind: CountedCall["kind"]): number => calls.filter((call) => call.kind === kind).length;
  return { classA: count("classA"), classB: count("classB"), d1: count("d1"), durableObject: count("durableObject") };
}
