import { env } from "cloudflare:workers";
import { disturbCalls } from "../support/counting.ts";

const BEFORE = { when: "before it takes effect", takesEffect: false };
/** Loses only the answer. */
const AFTER = { when: "after it took effect", takesEffect: true };

/** The moments at which calls fail. `npm test` tries the harder one, `npm run test:long` both. */
export const WHEN = env.LONG_TESTS === "" ? [AFTER] : [BEFORE, AFTER];

/** Runs `act` while its `count`th call to a binding fails. Returns false if it makes fewer calls. */
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

/** Milliseconds after which a test counts as hanging: these tests do the same dozens of times. */
export const TIME_LIMIT = 600_000;
