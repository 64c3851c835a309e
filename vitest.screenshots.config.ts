import { defineConfig, mergeConfig } from "vitest/config";
import console from "./vitest.console.config.ts";

/** `npm run screenshots`: pictures of the console's pages, for the documents. It is no test: it overwrites docs/console/. */
export default mergeConfig(
  { ...console, test: { ...console.test, include: [] } },
  defineConfig({ test: { include: ["test/console/screenshots.ts"] } }),
);
