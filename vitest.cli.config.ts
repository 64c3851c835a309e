import { defineConfig } from "vitest/config";

/** The tests of the command line, and of backup and restore: they run in Node, not in workerd. */
export default defineConfig({
  test: {
    include: ["test/{cli,backup}/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
