import * as z from "zod";
import { RefusedError } from "../../client/problem.ts";
import { defineGroup } from "../../command.ts";
import { CliError } from "../../exit.ts";
import { LIMIT_OPTION, limitInput, YES_OPTION, yesInput } from "../../input/options.ts";
import { confirm } from "../../input/prompt.ts";
import type { operations, RetentionRule } from "../../../contract/operations.ts";
import { fields } from "../../output/fields.ts";
import type { Style } from "../../output/style.ts";
import { age, onOff } from "../../output/words.ts";
import { warnOfNoneCovered } from "../../managed/coverage.ts";
import { RULES } from "../../managed/kinds.ts";
import { oneCommand, showCommand, titleOf } from "../../managed/named.ts";
import { lossOf, lossSentence, preview, type Proposal } from "./retention-preview.ts";
import { keptBy, readRule, RULE_OPTIONS, ruleInput, saysRule } from "./retention-rules.ts";
import { type Columns, pageQuery, showList, spaceCommand, type SpaceScene } from "../../managed/shapes.ts";

const columns = (style: Style): Columns<RetentionRule> => ({
  rule: ({ id }) => id,
  name: ({ name }) => name,
  state: ({ enabled }) => onOff(enabled, style),
  repositories: ({ repositories }) => repositories.join(", "),
  keeps: keptBy,
});

const AGREED_OPTIONS = {
  "--confirm": "save without asking, even a rule that keeps nothing and may delete everything",
  ...YES_OPTION,
} as const;
const agreedInput = yesInput.extend({ confirm: z.boolean().default(false) });
type Agreed = z.output<typeof agreedInput>;

const list = spaceCommand({
  name: "list",
  summary: "List a space's retention rules",
  examples: ["retention list --space acme"],
  options: LIMIT_OPTION,
  input: limitInput,
  run: async (scene, { limit }) => {
    const { management, space, output } = scene;
    const rules = management.list("listRetentionRules", { path: { space }, query: pageQuery(limit) });
    await showList(scene, rules, columns(output.style), { limit, none: `${space} has no rules; everything is kept` });
  },
});

const create = spaceCommand({
  name: "create",
  summary: "Create a rule: tags that no rule keeps are deleted in the repositories that it covers",
  description:
    "Before it saves the rule, the command shows what would be deleted, and asks. Immutable tags, deployed images and recent pushes are always kept. Options override the file.",
  examples: [
    "retention create builds --repository 'web,web/**' --keep-newest 20 --keep-tag 'v*,!*-rc*'",
    "retention create idle --keep-pulled-within 90d --yes",
  ],
  arguments: { "<name>": "the rule's name" },
  options: { ...RULE_OPTIONS, ...AGREED_OPTIONS },
  input: ruleInput.extend({ name: z.string(), ...agreedInput.shape }),
  run: async (scene, { name, ...input }) => {
    const { management, space, context, output } = scene;
    const rule = await readRule(context, input);
    const question = `Save rule "${name}" of ${space} at ${management.host}?`;
    const created = await save(scene, { question, proposal: rule, agreed: input }, (confirmed) =>
      management.call("createRetentionRule", { path: { space }, body: { ...rule, ...confirmed, name } }),
    );
    output.show(created, () => fields(described(created, output.style), output.width));
  },
});

const edit = oneCommand({
  kind: RULES,
  name: "edit",
  formerly: "update",
  summary: "Change what a rule covers and keeps; everything else stays the same",
  description:
    "To remove a condition, set it to none, for example --keep-newest none. Before it saves the rule, the command shows what would be deleted, and asks.",
  examples: ["retention edit builds --keep-newest 50", "retention edit builds --keep-tag none --yes"],
  options: { "--name <name>": "the new name", ...RULE_OPTIONS, ...AGREED_OPTIONS },
  input: ruleInput
    .extend({ name: z.string().optional(), ...agreedInput.shape })
    .refine((input) => input.name !== undefined || saysRule(input), { error: "name at least one change" }),
  run: async (scene, id, { name, ...input }) => {
    const { management, space, context, output } = scene;
    const old = await management.call("getRetentionRule", { path: { space, id } });
    const changes = saysRule(input) ? await readRule(context, input, old) : {};
    const changed = await change(scene, old, { ...changes, ...(name !== undefined && { name }) }, input);
    output.show(changed, () => fields(described(changed, output.style), output.width));
  },
});

const switches = (["enable", "disable"] as const).map((name) =>
  oneCommand({
    kind: RULES,
    name,
    summary: name === "enable" ? "Enable a rule" : "Disable a rule: it then covers nothing and keeps nothing",
    options: name === "enable" ? AGREED_OPTIONS : YES_OPTION,
    input: agreedInput,
    run: async (scene, id, agreed) => {
      const old = await scene.management.call("getRetentionRule", { path: { space: scene.space, id } });
      const changed = await change(scene, old, { enabled: name === "enable" }, agreed);
      scene.output.show(changed, () => `${name}d ${id}`);
    },
  }),
);

const remove = oneCommand({
  kind: RULES,
  name: "delete",
  summary: "Delete a rule",
  description:
    "Repositories that no other rule covers then keep everything. Other rules may delete what only this rule kept: the command shows what, and asks.",
  options: YES_OPTION,
  input: yesInput,
  run: async (scene, id, { yes }) => {
    const { management, space, context, output } = scene;
    if (!yes) {
      const title = await titleOf(scene, RULES, id);
      const question = `Delete ${title} of ${space} at ${management.host}? Without it, ${lossSentence(await lossOf(scene, { replaces: id }))}.`;
      await confirm(context, { question, yes });
    }
    await management.call("deleteRetentionRule", { path: { space, id } });
    output.show({ deleted: id }, () => `deleted ${id}`);
  },
});

type Changes = z.input<typeof operations.updateRetentionRule.body>;

function change(scene: SpaceScene, old: RetentionRule, changes: Changes, agreed: Agreed): Promise<RetentionRule> {
  const { management, space } = scene;
  const { id, repositories, keep, enabled } = { ...old, ...changes };
  const title = `rule "${old.name}" (${id})`;
  const proposal = { repositories, keep, enabled, replaces: id };
  const question = `Change ${title} of ${space} at ${management.host}?`;
  return save(scene, { question, proposal, agreed }, (confirmed) =>
    management.call("updateRetentionRule", { path: { space, id }, body: { ...changes, ...confirmed } }),
  );
}

interface Saving {
  readonly question: string;
  /** The proposed rule, in the form for a preview. */
  readonly proposal: Proposal;
  readonly agreed: Agreed;
}

/** Saves a rule after the user agreed to what it would delete. A rule that keeps nothing also needs --confirm. */
async function save(
  scene: SpaceScene,
  { question, proposal, agreed }: Saving,
  send: (confirmed: { readonly confirm?: true }) => Promise<RetentionRule>,
): Promise<RetentionRule> {
  if (proposal.enabled !== false) await warnOfNoneCovered(scene, proposal.repositories);
  if (!agreed.yes && !agreed.confirm) {
    const loss = await lossOf(scene, proposal);
    const isHarmless = loss.items.length === 0;
    await confirm(scene.context, { question: `${question} With it, ${lossSentence(loss)}.`, yes: isHarmless });
  }
  try {
    return await send(agreed.confirm ? { confirm: true } : {});
  } catch (failure) {
    if (!(failure instanceof RefusedError) || failure.code !== "CONFIRMATION_REQUIRED") throw failure;
    const loss = lossSentence(await lossOf(scene, proposal));
    throw new CliError("failure", `the rule keeps nothing but immutable and deployed tags: ${loss}`, {
      hint: "Name what to keep (--keep-newest, --keep-tag and others), or add --confirm to save it anyway.",
      cause: failure,
    });
  }
}

function described(rule: RetentionRule, style: Style): Record<string, string | null> {
  const { id, name, repositories, enabled, createdAt } = rule;
  return {
    rule: id,
    name,
    state: onOff(enabled, style),
    repositories: repositories.join(", "),
    keeps: keptBy(rule),
    created: age(createdAt),
  };
}

export const retention = defineGroup("retention", "Show and change which tags a space keeps", [
  list,
  preview,
  create,
  showCommand({
    kind: RULES,
    get: ({ management, space }, id) => management.call("getRetentionRule", { path: { space, id } }),
    describe: (rule, { output }) => described(rule, output.style),
  }),
  edit,
  ...switches,
  remove,
]);
