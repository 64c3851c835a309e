import * as z from "zod";

/** The most wrong elements to report: enough to correct the rest. */
const MAX_WRONG = 5;

/**
 * A list that may be very long. Its length is checked before its elements, and the check ends after the first few wrong
 * elements.
 */
export function boundedList<E extends z.ZodType>(element: E, max: number): z.ZodType<z.output<E>[]> {
  return z
    .array(z.unknown())
    .max(max)
    .transform((list, context): z.output<E>[] => {
      const read: z.output<E>[] = [];
      let wrong = 0;
      for (const [index, entry] of list.entries()) {
        const { success, data, error } = element.safeParse(entry);
        if (success) read.push(data);
        else {
          for (const { message, path } of error.issues) {
            context.addIssue({ code: "custom", message, path: [index, ...path] });
          }
          wrong += 1;
          if (wrong === MAX_WRONG) return z.NEVER;
        }
      }
      return read;
    });
}
