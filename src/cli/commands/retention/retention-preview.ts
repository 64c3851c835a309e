import * as z from "zod";
import { formatBytes } from "../../../oci/size.ts";
import { LIMIT_OPTION, limitInput } from "../../input/options.ts";
import type { operations, RetentionPreview } from "../../../contract/operations.ts";
import { wholeRepositories } from "../../../contract/retention-parts.ts";
import { plural, someOf } from "../../output/words.ts";
import { warnOfNoneCovered } from "../../managed/coverage.ts";
import { RULES } from "../../managed/kinds.ts";
import { idOf } from "../../managed/named.ts";
import { readRule, RULE_OPTIONS, ruleInput, saysRule } from "./retention-rules.ts";
import { type Columns, spaceCommand, type SpaceScene, tableOf } from "../../managed/shapes.ts";

/** The rules to preview; empty: the saved ones. */
export type Proposal = z.input<typeof operations.previewRetention.body>;

type Item = RetentionPreview["items"][number];

/** The content that would be deleted. */
interface Loss {
  /** The repositories that would lose content. */
  readonly items: readonly Item[];
  /** The number of repositories that a rule covers. */
  readonly covered: number;
}

const COLUMNS: Columns<Item> = {
  repository: ({ repository }) => repository,
  tags: ({ tagCount, complete }) => atLeast(tagCount, complete),
  manifests: ({ manifestCount, complete }) => atLeast(manifestCount, complete),
  size: ({ bytes }) => formatBytes(bytes),
  "which tags": ({ tags, tagCount }) => someOf(tags, tagCount),
};

export const preview = spaceCommand({
  name: "preview",
  summary: "Show exactly what the rules would delete now, or with a rule that is not saved yet",
  description:
    "Nothing is changed. --json prints the first 1,000 tags and digests of each repository. You can restore what is deleted for some days: see undelete.",
  examples: [
    "retention preview",
    "retention preview --repository 'web,web/**' --keep-newest 20 --keep-tag 'v*'",
    "retention preview --rule builds --keep-newest 10",
    "retention preview --after-grace",
  ],
  options: {
    ...RULE_OPTIONS,
    "--rule <rule>": "as if this rule, by name or id, were changed like this and enabled",
    "--after-grace": "as if the grace period of recent pushes had ended",
    ...LIMIT_OPTION,
  },
  input: ruleInput.extend({
    rule: z.string().optional(),
    afterGrace: z.boolean().default(false),
    ...limitInput.shape,
  }),
  run: async (scene, { rule: named, limit, afterGrace, ...input }) => {
    const { management, space, context, output } = scene;
    const id = named === undefined ? undefined : await idOf(scene, RULES, named);
    const saved = id === undefined ? undefined : await management.call("getRetentionRule", { path: { space, id } });
    const isRule = saved !== undefined || saysRule(input);
    const rule: Proposal = isRule ? { ...(await readRule(context, input, saved)), enabled: true, replaces: id } : {};
    const loss = await lossOf(scene, afterGrace ? { ...rule, afterGrace } : rule);
    const shown = loss.items.slice(0, limit);
    if (output.isJson || shown.length > 0) output.show(shown, () => tableOf(shown, COLUMNS, { width: output.width }));
    await warnOfNoneCovered(scene, rule.repositories);
    const sentence = lossSentence(loss);
    const when = afterGrace ? `once the grace period has ended, ${sentence}` : sentence;
    output.note(loss.covered === 0 ? `no rule covers a repository in ${space}; nothing would be deleted` : when);
  },
});

/** Reads the whole preview, page by page. */
export async function lossOf({ management, space }: SpaceScene, body: Proposal): Promise<Loss> {
  const items: Item[] = [];
  let covered = 0;
  let cursor: string | undefined;
  do {
    const page: RetentionPreview = await management.call("previewRetention", {
      path: { space },
      query: { cursor },
      body,
    });
    items.push(...page.items);
    covered += page.totals.repositories;
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  return { items: wholeRepositories(items), covered };
}

/** Formats a loss: "12 tags and 10 manifests (2.0 GB) would be deleted in 3 repositories". */
export function lossSentence({ items }: Pick<Loss, "items">): string {
  if (items.length === 0) return "nothing would be deleted now";
  const sum = (of: (item: Item) => number): number => items.reduce((total, item) => total + of(item), 0);
  const tags = plural(
    sum(({ tagCount }) => tagCount),
    "tag",
  );
  const manifests = plural(
    sum(({ manifestCount }) => manifestCount),
    "manifest",
  );
  const bytes = formatBytes(sum((item) => item.bytes));
  const least = items.every(({ complete }) => complete) ? "" : "at least ";
  const where = plural(items.length, "repository", "repositories");
  return `${least}${tags} and ${manifests} (${bytes}) would be deleted in ${where}`;
}

function atLeast(count: number, isComplete: boolean): string {
  return `${count}${isComplete ? "" : " or more"}`;
}
