import { disturbCalls } from "../support/counting.ts";

/** When a call fails: before it takes effect, or after, so that only its answer is lost. */
export const WHEN = [
  { when: "before it takes effect", takesEffect: false },
  { when: "after it took effect", takesEffect: true },
];

/** Runs `act` while its `count`th call to a binding fails; false when it makes fewer calls. */
export async function failCall(count: number, takesEffect: boolean, act: () => Promise<void>): Promise<boolean> {
  let calls = 0;
  await disturbCalls(async (call, proceed) => {
    calls += 1;
    if (calls !== count) return proceed();
    if (takesEffect) await proceed();
    throw new Error(`injected: ${call.name}`);
  }, act);
  return calls >= count;
}

/** Milliseconds after which a test is taken for hanging: these do the same dozens of times. */
export const TIME_LIMIT = 600_000;
