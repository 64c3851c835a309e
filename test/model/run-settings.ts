import * as z from "zod";

/** The settings that `npm run model` and `npm run test:long` pass to the tests, as JSON in the environment variable `MODEL_SETTINGS`. */
export const modelSettings = z.strictObject({
  /** The number of sequences, and of interleavings. */
  runs: z.int().positive().default(1),
  /** The most steps in a sequence. */
  steps: z.int().positive().default(60),
  /** The seed; the same one makes the same sequences again. */
  seed: z.int().default(() => Date.now() % 2 ** 31),
  /** True to read every repository after every step, instead of one in turn. */
  thorough: z.boolean().default(false),
});

export type ModelSettings = Readonly<z.infer<typeof modelSettings>>;
