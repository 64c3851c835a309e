import * as z from "zod";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { CliError } from "../exit.ts";
import { type ManagedContent, parseManagedContent } from "../managed/reference.ts";
import { withManagement } from "../managed/shapes.ts";

export const undelete = defineCommand({
  name: "undelete",
  summary: "Restore deleted tags, manifests (by digest) or repositories",
  description:
    "A manifest is restored with everything it needs, and with its tags unless they exist again. Restoring a tag counts as a push: triggers fire.",
  examples: [
    "undelete acme/web:1.2.3",
    "undelete acme/web:1.2 acme/web:1.3",
    "undelete acme/web@sha256:4f53…",
    "undelete acme/web",
  ],
  arguments: { "<references...>": "what to restore, as deleted lists it" },
  input: z.object({ references: z.array(z.string()) }),
  run: async (context, { references: named }) => {
    const all = await Promise.all(named.map((text) => parseOne(context, text)));
    for (const one of all) await bringBack(context, one);
  },
});

async function parseOne(context: Context, text: string): Promise<ManagedContent> {
  const content = await parseManagedContent(context, text);
  if (content.tag === null || content.digest === null) return content;
  throw new CliError("usage", `"${text}" has both a tag and a digest: name only one`);
}

async function bringBack(context: Context, { registry, name, tag, digest }: ManagedContent): Promise<void> {
  const shown = `${name.full}${tag === null ? "" : `:${tag}`}${digest === null ? "" : `@${digest}`}`;
  const body = { repository: name.path, ...(tag !== null && { tag }), ...(digest !== null && { digest }) };
  const undone = await withManagement(
    context,
    ({ management }) => management.call("undelete", { path: { space: name.space }, body }),
    registry,
  );
  context.output.show(undone, () => `restored ${shown}${contentOf(undone, tag, digest)}`);
}

function contentOf(
  undone: { readonly digest: string | null; readonly tags: readonly string[] },
  tag: string | null,
  digest: string | null,
): string {
  if (tag !== null) return `, at ${undone.digest ?? "?"}`;
  if (digest === null) return "";
  return undone.tags.length === 0 ? ", without a tag" : `, with ${undone.tags.join(", ")}`;
}
