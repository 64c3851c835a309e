import { defineConfig } from "vitest/config";

/** `npm run deploy` against a stand-in of Cloudflare's API. */
export default defineConfig({
  test: {
    include: ["test/deploy/**/*.test.ts"],
    // `npm test` runs it.
    exclude: ["test/deploy/migrations.test.ts"],
    // Time limits here only end what hangs: nothing is measured.
    testTimeout: 900_000,
    hookTimeout: 60_000,
  },
});
