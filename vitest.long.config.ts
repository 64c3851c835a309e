import { defineConfig } from "vitest/config";
import workerd from "./vitest.config.ts";

process.env["LONG_TESTS"] = "1";
process.env["MODEL_SETTINGS"] ??= '{"runs":3,"stride":1}';

/** `npm run test:long`: the tests that `npm test` runs in a short form, in full. */
export default defineConfig(async (env) => {
  const config = await workerd(env);
  return { ...config, test: { ...config.test, include: ["test/{model,faults}/**/*.test.ts"] } };
});
