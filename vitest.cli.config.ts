import { defineConfig } from "vitest/config";

/** The tests of the command line: it runs in Node, not in workerd. */
export default defineConfig({
  test: {
    include: ["test/cli/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
