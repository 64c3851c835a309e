import * as z from "zod";
import { generateId } from "../auth/secret.ts";
import type { SpaceCall } from "../call.ts";
import { space } from "../guard.ts";
import type { Act } from "../management/activity.ts";
import { keepsNothing, retentionKeep, retentionRepositories, type RetentionRule } from "../management/retention.ts";
import { RegistryError } from "../oci/errors.ts";
import { givenName } from "../oci/plain-text.ts";
import { noteInSpace } from "./activity.ts";
import { isoTime, listAnswer, pageRequest } from "./answer.ts";
import { type Answer, defineOperation, type Unread } from "./operation.ts";
import { listOf, pageQuery, SOMETHING, time } from "./shapes.ts";

const confirm = z.boolean().optional().meta({ description: "Required for a rule that keeps nothing." });
const enabled = z.boolean().meta({ description: "A disabled rule covers nothing." });
const keep = retentionKeep.meta({
  description:
    "A tag is kept if it meets any condition of any rule that covers its repository. Immutable tags, what is deployed or about to be, and what was pushed within the grace period of garbage collection are always kept.",
});

export const ruleInput = z.strictObject({
  name: givenName.default("retention"),
  repositories: retentionRepositories.default(["**"]),
  keep,
  enabled: enabled.default(true),
  confirm,
});

const ruleChanges = z
  .strictObject({
    name: givenName.optional(),
    repositories: retentionRepositories.optional(),
    keep: keep.optional(),
    enabled: enabled.optional(),
    confirm,
  })
  .refine((changes) => Object.keys(changes).some((key) => key !== "confirm"), SOMETHING);

const ruleOutput = z
  .object({
    id: z.string(),
    name: z.string(),
    repositories: z.array(z.string()),
    keep: z.object({
      newest: z.int().optional(),
      newerThanDays: z.int().optional(),
      pulledWithinDays: z.int().optional(),
      tags: z.array(z.string()).optional(),
      previouslyDeployed: z.int(),
    }),
    enabled: z.boolean(),
    createdAt: time,
  })
  .meta({ id: "RetentionRule" });

export const createRetentionRule = defineOperation({
  id: "createRetentionRule",
  method: "POST",
  path: "/api/v1/spaces/:space/retention-rules",
  guard: space,
  summary: "Create a retention rule: tags that no rule keeps are deleted in the repositories that it covers",
  body: ruleInput,
  answer: ruleOutput,
  made: ({ id }) => id,
  async run(call) {
    const { body, registry, grant } = call;
    const { confirm: confirmed = false, ...fields } = body;
    const rule: RetentionRule = { id: generateId("ret"), ...fields, createdAt: Date.now() };
    requireConfirmation(rule, confirmed);
    const created = await registry.management.retentionRules.create(grant, rule);
    if (!created) throw new RegistryError("RETENTION_RULES_FULL");
    await noteInSpace(call, "retention.created", aboutRule(rule));
    return view(rule);
  },
});

export const listRetentionRules = defineOperation({
  id: "listRetentionRules",
  method: "GET",
  path: "/api/v1/spaces/:space/retention-rules",
  guard: space,
  summary: "List the retention rules",
  query: pageQuery,
  answer: listOf(ruleOutput),
  async run({ query, registry, grant }) {
    const page = await registry.management.retentionRules.list(grant, pageRequest(query));
    return listAnswer(page, view, ({ id }) => id);
  },
});

export const getRetentionRule = defineOperation({
  id: "getRetentionRule",
  method: "GET",
  path: "/api/v1/spaces/:space/retention-rules/:id",
  guard: space,
  summary: "Show a retention rule",
  answer: ruleOutput,
  async run(call) {
    return view(await requireRule(call));
  },
});

export const updateRetentionRule = defineOperation({
  id: "updateRetentionRule",
  method: "PATCH",
  path: "/api/v1/spaces/:space/retention-rules/:id",
  guard: space,
  summary: "Change a retention rule",
  body: ruleChanges,
  answer: ruleOutput,
  async run(call) {
    const { body, registry, grant } = call;
    const { confirm: confirmed = false, ...changes } = body;
    const old = await requireRule(call);
    const rule: RetentionRule = {
      ...old,
      name: changes.name ?? old.name,
      repositories: changes.repositories ?? old.repositories,
      keep: changes.keep ?? old.keep,
      enabled: changes.enabled ?? old.enabled,
    };
    requireConfirmation(rule, confirmed);
    const updated = await registry.management.retentionRules.update(grant, rule);
    if (!updated) throw new RegistryError("RETENTION_RULE_UNKNOWN");
    await noteInSpace(call, "retention.changed", aboutRule(rule));
    return view(rule);
  },
});

export const deleteRetentionRule = defineOperation({
  id: "deleteRetentionRule",
  method: "DELETE",
  path: "/api/v1/spaces/:space/retention-rules/:id",
  guard: space,
  summary: "Delete a retention rule; repositories that no other rule covers keep everything",
  async run(call) {
    const { registry, grant } = call;
    const rule = await requireRule(call);
    const deleted = await registry.management.retentionRules.delete(grant, rule.id);
    if (!deleted) throw new RegistryError("RETENTION_RULE_UNKNOWN");
    await noteInSpace(call, "retention.deleted", aboutRule(rule));
  },
});

function requireConfirmation(rule: RetentionRule, confirmed: boolean): void {
  if (rule.enabled && keepsNothing(rule.keep) && !confirmed) throw new RegistryError("RETENTION_KEEPS_NOTHING");
}

function aboutRule(rule: RetentionRule): Omit<Act, "actor" | "action"> {
  const { id, name, repositories } = rule;
  return { subject: id, name, detail: { repositories, keep: rule.keep, enabled: rule.enabled } };
}

async function requireRule({ registry, grant, params }: Unread<SpaceCall>): Promise<RetentionRule> {
  const rule = await registry.management.retentionRules.find(grant, params["id"] ?? "");
  if (rule === null) throw new RegistryError("RETENTION_RULE_UNKNOWN");
  return rule;
}

function view({ createdAt, ...rule }: RetentionRule): Answer<typeof ruleOutput> {
  return { ...rule, createdAt: isoTime(createdAt) };
}
