import * as z from "zod";
import { defineGroup } from "../../command.ts";
import { CliError } from "../../exit.ts";
import { pastTime } from "../../input/duration.ts";
import { LIMIT_OPTION, limitInput, words } from "../../input/options.ts";
import type { operations, Trigger } from "../../../contract/operations.ts";
import { fields } from "../../output/fields.ts";
import type { Style } from "../../output/style.ts";
import { age, coloured, onOff, plural } from "../../output/words.ts";
import { warnOfNoneCovered } from "../../managed/coverage.ts";
import { TARGETS, TRIGGERS } from "../../managed/kinds.ts";
import { deleteCommand, idOf, namesOf, oneCommand, showCommand, switchCommands } from "../../managed/named.ts";
import { type Columns, pageQuery, showList, spaceCommand, type SpaceScene, tableOf } from "../../managed/shapes.ts";
import { preview } from "./trigger-preview.ts";
import { readRules, RULE_OPTIONS, rulesInput } from "./trigger-rules.ts";
import { tagInSpace } from "../../managed/tag-in-space.ts";

const columns = (style: Style, targetName: (id: string) => string): Columns<Trigger> => ({
  trigger: ({ id }) => id,
  name: ({ name }) => name,
  state: ({ enabled }) => onOff(enabled, style),
  targets: ({ targets }) => targets.map(targetName).join(", "),
});

const matchOn =
  (style: Style) =>
  ({ match }: Trigger): string =>
    match === null ? style.red("not understood: the trigger does not fire") : JSON.stringify(match);

const list = spaceCommand({
  name: "list",
  summary: "List a space's triggers",
  examples: ["triggers list --space acme"],
  options: LIMIT_OPTION,
  input: limitInput,
  run: async (scene, { limit }) => {
    const { management, space, output } = scene;
    const triggers = management.list("listTriggers", { path: { space }, query: pageQuery(limit) });
    const named = output.isJson ? String : await namesOf(scene, TARGETS);
    await showList(scene, triggers, columns(output.style, named), {
      limit,
      none: `${space} has no triggers`,
      detail: matchOn(output.style),
    });
  },
});

const create = spaceCommand({
  name: "create",
  summary: "Create a trigger: which pushes go to which targets",
  description: "Without rules, it fires for every tag that is pushed. Options override the file.",
  examples: [
    'triggers create releases --target hook --repository web --tag "semver:>=1.0" --only-if-newer',
    "triggers create releases --target octopus --file trigger.json",
  ],
  arguments: { "<name>": "the trigger's name" },
  options: { "--target <target...>": "a target to deliver to, by name or id", ...RULE_OPTIONS },
  input: rulesInput.extend({ name: z.string(), target: words.default([]) }),
  run: async (scene, input) => {
    const { management, space, context, output } = scene;
    const { rules, targets: named } = await readRules(context, input);
    const wanted = input.target.length > 0 ? input.target : named;
    if (wanted.length === 0) throw new CliError("usage", "name at least one --target");
    const targets = await Promise.all(wanted.map((target) => idOf(scene, TARGETS, target)));
    const body = { ...rules, name: input.name, targets };
    const created = await management.call("createTrigger", { path: { space }, body });
    output.show(created, () => fields(described(created, output.style), output.width));
    await warnOfNoneCovered(scene, rules.match?.repositories);
    output.note(`Try it: spacedock triggers preview ${space}/<path>:<tag> --trigger ${created.id}`);
  },
});

const edit = oneCommand({
  kind: TRIGGERS,
  name: "edit",
  formerly: "update",
  summary: "Change a trigger's name, rules or targets",
  description: "Everything that you do not name stays the same. Deliveries under way still go to their old targets.",
  examples: ['triggers edit releases --tag "semver:>=2.0"', "triggers edit releases --target octopus --no-group"],
  options: {
    "--name <name>": "the new name",
    "--target <target...>": "a target to deliver to, by name or id, replacing the current ones",
    ...RULE_OPTIONS,
    "--no-group": "fire without waiting for other repositories",
    "--no-debounce": "fire at once",
  },
  input: rulesInput.extend({
    name: z.string().optional(),
    target: words.default([]),
    group: z.boolean().default(true),
    debounce: z.union([z.literal(false), rulesInput.shape.debounce]),
  }),
  run: async (scene, id, { name, target, group, debounce, ...input }) => {
    const { management, context, output } = scene;
    const { rules, targets: named } = await readRules(context, { ...input, debounce: debounce || undefined });
    const wanted = target.length > 0 ? target : named;
    const targets = await Promise.all(wanted.map((one) => idOf(scene, TARGETS, one)));
    const isMatchChanged = Object.keys(rules.match ?? {}).length > 0;
    const old = isMatchChanged ? await management.call("getTrigger", at(scene, id)) : null;
    const body = {
      ...rules,
      name,
      match: isMatchChanged ? { ...matchOf(old), ...rules.match } : undefined,
      targets: targets.length > 0 ? targets : undefined,
      ...(!group && { group: null }),
      ...(debounce === false && { debounceSeconds: null }),
    };
    const edited = await management.call("updateTrigger", { ...at(scene, id), body });
    output.show(edited, () => fields(described(edited, output.style), output.width));
    await warnOfNoneCovered(scene, rules.match?.repositories);
  },
});

/** Returns a trigger's match rules in a form that can be sent back. */
function matchOf(trigger: Trigger | null): object {
  return z.looseObject({}).catch({}).parse(trigger?.match);
}

const test = oneCommand({
  kind: TRIGGERS,
  name: "test",
  summary: "Send a test delivery to a trigger's targets now",
  description: "The test is real: targets that deploy will deploy. It is not listed among the deliveries.",
  examples: ["triggers test releases", "triggers test releases --push acme/web:1.2.3"],
  options: { "--push <reference>": "the push to send (default: the newest push that matches)" },
  input: z.object({ push: z.string().optional() }),
  run: async (scene, id, { push }) => {
    const { management, space, output } = scene;
    const body = push === undefined ? {} : tagInSpace(push, space);
    const tested = await management.call("testTrigger", { path: { space, id }, body });
    output.show(tested, () => tableOf(tested.results, resultColumns(output.style), { width: output.width }));
    const failed = tested.results.filter(({ outcome }) => outcome !== "done" && outcome !== "running");
    if (failed.length > 0) {
      throw new CliError("failure", `the test failed for ${failed.map(({ name }) => name).join(", ")}`);
    }
  },
});

type TestResult = z.output<typeof operations.testTrigger.output>["results"][number];

const resultColumns = (style: Style): Columns<TestResult> => ({
  target: ({ name }) => name,
  outcome: ({ outcome }) => coloured(outcome, style),
  status: ({ status }) => String(status ?? "-"),
  time: ({ milliseconds }) => `${milliseconds} ms`,
  answer: ({ detail }) => detail.replaceAll(/\s+/g, " "),
});

const replay = oneCommand({
  kind: TRIGGERS,
  name: "replay",
  summary: "Send a trigger's failed deliveries since a given time again",
  examples: ["triggers replay releases --since 2h"],
  options: { "--since <time>": "how long ago, for example 2h, or a date" },
  input: z.object({ since: pastTime }),
  run: async ({ management, space, output }, id, { since }) => {
    let replayed = 0;
    for (;;) {
      const body = { since: since.toISOString() };
      const batch = await management.call("replayTrigger", { path: { space, id }, body });
      replayed += batch.replayed;
      if (batch.replayed < REPLAY_BATCH) break;
    }
    output.show({ replayed }, () => `sending ${plural(replayed, "delivery", "deliveries")} again`);
  },
});

/** The most events that one call of the management API replays. */
const REPLAY_BATCH = 1000;

function described(trigger: Trigger, style: Style): Record<string, string | null> {
  const { id, name, match, group, debounceSeconds, targets, enabled, createdAt } = trigger;
  return {
    trigger: id,
    name,
    state: onOff(enabled, style),
    targets: targets.join(", "),
    match: match === null ? style.red("not understood: the trigger does not fire") : JSON.stringify(match, null, 2),
    group: group === undefined ? null : JSON.stringify(group, null, 2),
    debounce: debounceSeconds === undefined ? null : `${debounceSeconds} s`,
    created: age(createdAt),
  };
}

const at = ({ space }: SpaceScene, id: string) => ({ path: { space, id } });

export const triggers = defineGroup("triggers", "Show and change which pushes are delivered where", [
  list,
  create,
  showCommand({
    kind: TRIGGERS,
    get: (scene, id) => scene.management.call("getTrigger", at(scene, id)),
    describe: (trigger, { output }) => described(trigger, output.style),
  }),
  edit,
  ...switchCommands(TRIGGERS, {
    enable: (scene, id) => scene.management.call("enableTrigger", at(scene, id)),
    disable: (scene, id) => scene.management.call("disableTrigger", at(scene, id)),
  }),
  deleteCommand({
    kind: TRIGGERS,
    name: "delete",
    summary: "Delete a trigger",
    consequence: "It no longer delivers pushes to its targets.",
    remove: (scene, id) => scene.management.call("deleteTrigger", at(scene, id)),
  }),
  preview,
  test,
  replay,
]);
