import { defineConfig } from "vitest/config";

/** The tests of the command line, of backup and restore, and the rules for migrations: they run in Node, not in workerd. */
export default defineConfig({
  test: {
    include: ["test/{cli,backup}/**/*.test.ts", "test/deploy/migrations.test.ts"],
    // By default one core is left idle.
    maxWorkers: "100%",
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
