import { z } from "zod";
import { parseBytes } from "./output/format.ts";

/** A size, as in `90MB` or `5MiB`, in bytes. */
export const byteSize = z.string().transform((text, context) => {
  const bytes = parseBytes(text);
  if (bytes !== null && bytes > 0) return bytes;
  context.addIssue({ code: "custom", message: `"${text}" is not a size: write it as in 90MB or 5MiB` });
  return z.NEVER;
});
