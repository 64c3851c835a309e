import { defineConfig } from "vitest/config";

/** `npm run deploy` against a stand-in of Cloudflare's API. */
export default defineConfig({
  test: {
    include: ["test/deploy/**/*.test.ts"],
    // `npm test` runs it.
    exclude: ["test/deploy/migrations.test.ts"],
    testTimeout: 300_000,
    hookTimeout: 60_000,
  },
});
