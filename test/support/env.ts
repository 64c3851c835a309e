import type { D1Migration } from "cloudflare:test";
import type { Env as WorkerEnv } from "../../src/env.ts";

declare global {
  namespace Cloudflare {
    /** The bindings of tests: the Worker's own, the migrations and settings. */
    interface Env extends WorkerEnv {
      readonly TEST_MIGRATIONS: D1Migration[];
      /** The text of wrangler.toml. */
      readonly WRANGLER_TOML: string;
      /** A named address on this machine that answers 204. */
      readonly LOOPBACK_RECEIVER: string;
      /** JSON: the sizes that `test/budget/growth.test.ts` compares. */
      readonly GROWTH_SIZES: string;
      /** JSON: the amount of work for the model test. */
      readonly MODEL_SETTINGS: string;
      /** Empty, except in `npm run test:long`. */
      readonly LONG_TESTS: string;
      readonly PUBLIC_NETWORK: Fetcher;
      readonly PRIVATE_NETWORK: Fetcher;
    }
    interface GlobalProps {
      mainModule: typeof import("./worker.ts");
    }
  }
}
