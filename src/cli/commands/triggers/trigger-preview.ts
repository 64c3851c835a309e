import * as z from "zod";
import { warnOfNoneCovered } from "../../managed/coverage.ts";
import { TRIGGERS } from "../../managed/kinds.ts";
import { idOf } from "../../managed/named.ts";
import { spaceCommand, type SpaceScene } from "../../managed/shapes.ts";
import { spaceInTag, tagInSpace } from "../../managed/tag-in-space.ts";
import { readRules, RULE_OPTIONS, rulesInput } from "./trigger-rules.ts";

export const preview = spaceCommand({
  name: "preview",
  summary: "Show if a push would fire a trigger, and why not",
  description: "Nothing is sent. If the tag does not exist, an ordinary image is assumed.",
  examples: [
    "triggers preview acme/web:1.2.3 --trigger releases",
    'triggers preview acme/web:1.2.3-rc.1 --tag "semver:>=1.0"',
  ],
  arguments: { "<reference>": "the pushed tag, for example acme/web:1.2.3" },
  options: { "--trigger <trigger>": "an existing trigger, by name or id, instead of rules", ...RULE_OPTIONS },
  input: rulesInput.extend({ reference: z.string(), trigger: z.string().optional() }),
  spaceIn: ({ reference }) => spaceInTag(reference),
  run: async (scene, input) => {
    const { management, space, context, output } = scene;
    const rules =
      input.trigger === undefined
        ? (await readRules(context, input)).rules
        : { trigger: await idOf(scene, TRIGGERS, input.trigger) };
    const body = { ...rules, ...tagInSpace(input.reference, space) };
    const { fires, reason } = await management.call("previewTrigger", { path: { space }, body });
    output.show({ fires, ...(reason !== undefined && { reason }) }, () =>
      fires ? `${output.style.green("yes")}: it would fire` : `${output.style.red("no")}: ${reason ?? "it would not"}`,
    );
    if (!fires) await warnOfNoneCovered(scene, await patternsOf(scene, rules));
  },
});

/** A newer server may have match rules that this version does not know. */
const repositoriesIn = z.looseObject({ repositories: z.array(z.string()).optional().catch(undefined) }).catch({});

/** Returns the patterns of the rules to preview, or of the existing trigger. */
async function patternsOf(
  { management, space }: SpaceScene,
  rules: { readonly trigger: string } | Awaited<ReturnType<typeof readRules>>["rules"],
): Promise<readonly string[] | undefined> {
  if (!("trigger" in rules)) return rules.match?.repositories;
  const { match } = await management.call("getTrigger", { path: { space, id: rules.trigger } });
  return repositoriesIn.parse(match).repositories;
}
