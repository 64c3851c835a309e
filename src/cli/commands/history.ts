import * as z from "zod";
import { defineCommand } from "../command.ts";
import { LIMIT_OPTION, limitInput } from "../input/options.ts";
import { parseManagedTag } from "../managed/reference.ts";
import type { TagChange } from "../../contract/operations.ts";
import type { Style } from "../output/style.ts";
import { age, shortDigest } from "../output/words.ts";
import { type Columns, pageQuery, showList, withManagement } from "../managed/shapes.ts";

/** Entries that fit on a screen. */
const DEFAULT_LIMIT = 20;

const columns = (style: Style): Columns<TagChange> => ({
  when: ({ at }) => age(at),
  what: ({ type }) => type.replace(/^tag\./, ""),
  digest: ({ digest }) => shortDigest(digest),
  before: ({ digest, previousDigest: before }) => (before === null || before === digest ? "-" : shortDigest(before)),
  by: ({ actor }) => actor.name,
  content: ({ content }) => (content === "gone" ? style.red(content) : content),
});

export const history = defineCommand({
  name: "history",
  summary: "Show who moved a tag, and from which digest to which, newest first",
  description:
    "A revert restores deleted content; content that is gone cannot be restored. The history of a deleted tag remains.",
  examples: ["history acme/web:latest", "history acme/web:latest --limit 100 --json"],
  arguments: { "<reference>": "the tag, for example acme/web:latest" },
  options: LIMIT_OPTION,
  input: limitInput.extend({ reference: z.string() }),
  run: async (context, { reference, limit = DEFAULT_LIMIT }) => {
    const { registry, name, tag } = await parseManagedTag(context, reference);
    const shown = `${name.full}:${tag}`;
    await withManagement(
      context,
      async (scene) => {
        const query = { ...pageQuery(limit), repository: name.path, tag };
        const changes = scene.management.list("getHistory", { path: { space: name.space }, query });
        await showList(scene, changes, columns(context.output.style), { limit, none: `${shown} has never existed` });
      },
      registry,
    );
  },
});
