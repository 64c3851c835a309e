/** Shapes that several resources share. Inputs are strict: they refuse unknown fields instead of ignoring them (mass assignment). */
import * as z from "zod";
import { tagPatterns } from "../oci/tag-patterns.ts";

export const time = z.iso.datetime();

export const isPublic = z.boolean().meta({ description: "True if anyone may pull without logging in." });
export const immutableTags = tagPatterns.meta({
  description: "Tags that nobody can move or delete. `*` matches any characters, `?` one; a leading `!` excludes.",
});

export const SOMETHING = "name at least one change";
export const changesSomething = (changes: object): boolean => Object.keys(changes).length > 0;

export const repositoryPath = z
  .string()
  .max(255)
  .meta({ description: "The path within the space, for example `web/api`." });

export const contentSize = z.int().meta({
  description: "Bytes of the manifest and everything it needs; content shared by platforms counts for each.",
});

export const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  cursor: z.string().max(300).optional().meta({ description: "`next` of the previous page." }),
});

/** Makes the shape of a page of a list. */
export function listOf<I extends z.ZodType>(item: I) {
  return z.object({
    items: z.array(item),
    next: z.string().nullable().meta({ description: "The next page's cursor; null on the last." }),
  });
}

export const problemOutput = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string(),
    detail: z.string(),
    errors: z.unknown().optional(),
  })
  .meta({ id: "Problem", description: "RFC 9457." });
