import * as z from "zod";

/** A message in the queue. It carries only an id; the row with that id has the rest. */
export const queueMessage = z.discriminatedUnion("kind", [
  /** An event whose triggers are to be matched. */
  z.strictObject({ kind: z.literal("event"), id: z.string() }),
  /** A delivery that is due. */
  z.strictObject({ kind: z.literal("delivery"), id: z.string() }),
]);

export type QueueMessage = z.infer<typeof queueMessage>;
