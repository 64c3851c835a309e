import { z } from "zod";

/** What `npm run model` hands to the tests, as JSON in the environment variable `MODEL_SETTINGS`. */
export const modelSettings = z.strictObject({
  /** Sequences, and as many interleavings. */
  runs: z.int().positive().default(3),
  /** In a sequence, at most. */
  steps: z.int().positive().default(60),
  /** The same sequences come again under the same seed. */
  seed: z.int().default(() => Date.now() % 2 ** 31),
  /** Reads every repository after every step, instead of one in turn. */
  thorough: z.boolean().default(false),
});

export type ModelSettings = Readonly<z.infer<typeof modelSettings>>;
