import * as z from "zod";

/** The settings that `npm run model` and `npm run test:long` hand to the tests, as JSON in the environment variable `MODEL_SETTINGS`. */
export const modelSettings = z.strictObject({
  /** Sequences, and as many interleavings. */
  runs: z.int().positive().default(1),
  /** In a sequence, at most. */
  steps: z.int().positive().default(60),
  /** The same sequences come again under the same seed. */
  seed: z.int().default(() => Date.now() % 2 ** 31),
  /** Reads every repository after every step, instead of one in turn. */
  thorough: z.boolean().default(false),
});

export type ModelSettings = Readonly<z.infer<typeof modelSettings>>;
