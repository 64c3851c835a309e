import type { D1Migration } from "cloudflare:test";
import type { Env as WorkerEnv } from "../../src/env.ts";

declare global {
  namespace Cloudflare {
    /** What tests find in `env`: the Worker's own bindings, and the migrations. */
    interface Env extends WorkerEnv {
      readonly TEST_MIGRATIONS: D1Migration[];
      /** The text of wrangler.toml. */
      readonly WRANGLER_TOML: string;
      /** An address on this machine, by a name, that answers 204. */
      readonly LOOPBACK_RECEIVER: string;
      /** JSON: the sizes that `test/budget/growth.test.ts` compares. */
      readonly GROWTH_SIZES: string;
      /** JSON: how much the model test tries. */
      readonly MODEL_SETTINGS: string;
      /** Empty, but in `npm run test:long`. */
      readonly LONG_TESTS: string;
      readonly PUBLIC_NETWORK: Fetcher;
      readonly PRIVATE_NETWORK: Fetcher;
    }
    interface GlobalProps {
      mainModule: typeof import("./worker.ts");
    }
  }
}
