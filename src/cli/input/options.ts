import * as z from "zod";
import { parseBytes } from "../../contract/format.ts";

/** Options that several commands share, each with its text and its schema. */

export const SPACE_OPTION = {
  "--space <space>": "the space (SPACEDOCK_SPACE; default: the token's space)",
} as const;

export const spaceInput = z.object({ space: z.string().optional() });

export const LIMIT_OPTION = { "--limit <count>": "show at most this many" } as const;

export const limitInput = z.object({ limit: z.coerce.number().int().min(1).optional() });

export const YES_OPTION = { "-y, --yes": "do not ask for confirmation" } as const;

export const yesInput = z.object({ yes: z.boolean().default(false) });

/** An option that may be repeated, or hold several words with commas. */
export const words = z
  .array(z.string())
  .transform((given) => given.flatMap((one) => one.split(",")).filter((word) => word !== ""));

/** The value that unsets an option. */
export const NONE = "none";

/** An option that may be {@link NONE}, which is parsed as null. A union's error messages would say nothing. */
export function orNone<T>(schema: z.ZodType<T, string>): z.ZodType<T | null, string> {
  return z.string().transform((text, context) => {
    if (text === NONE) return null;
    const parsed = schema.safeParse(text);
    if (parsed.success) return parsed.data;
    for (const { message } of parsed.error.issues)
      context.addIssue({ code: "custom", message: `${message}; or ${NONE}` });
    return z.NEVER;
  });
}

/** A size, as in `90MB` or `5MiB`, parsed as bytes. */
export const byteSize = z.string().transform((text, context) => {
  const bytes = parseBytes(text);
  if (bytes !== null && bytes > 0) return bytes;
  context.addIssue({ code: "custom", message: `"${text}" is not a size: write it as 90MB or 5MiB` });
  return z.NEVER;
});

/** The number of things done at a time. */
export const jobs = z
  .string()
  .regex(/^[1-9]\d?$/, "give a number from 1 to 99")
  .transform(Number);
