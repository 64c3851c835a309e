import { defineConfig } from "vitest/config";

/** The console, in Debian's chromium, against `npm start`. */
export default defineConfig({
  test: {
    include: ["test/console/**/*.test.ts"],
    globalSetup: ["harness/live/global-setup.ts"],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
