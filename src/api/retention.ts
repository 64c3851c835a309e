import { generateId } from "../auth/secret.ts";
import type { SpaceCall } from "../call.ts";
import { RegistryError } from "../oci/errors.ts";
import type { Act } from "../management/activity.ts";
import { previewRetention as previewOf, type RepositoryPreview } from "../management/retention-preview.ts";
import { keepsNothing, type RetentionRule } from "../management/retention.ts";
import { noteInSpace } from "./activity.ts";
import { isoTime, listResponse, pageRequest } from "./answer.ts";
import { readBody, readQuery } from "./input.ts";
import {
  retentionPreviewInput,
  retentionPreviewQuery,
  retentionRuleChanges,
  retentionRuleInput,
} from "./retention-schemas.ts";
import { pageQuery } from "./schemas.ts";

/** Names in one list of an answer. */
const SHOWN = 1000;

export async function createRetentionRule(call: SpaceCall): Promise<Response> {
  const { registry, grant } = call;
  const { confirm = false, ...fields } = await readBody(retentionRuleInput, call);
  const rule: RetentionRule = { id: generateId("ret"), ...fields, createdAt: Date.now() };
  requireConfirmation(rule, confirm);
  const created = await registry.management.retentionRules.create(grant, rule);
  if (!created) throw new RegistryError("RETENTION_RULES_FULL");
  await noteInSpace(call, "retention.created", aboutRule(rule));
  const headers = { Location: `/api/v1/spaces/${grant.space}/retention-rules/${rule.id}` };
  return Response.json(view(rule), { status: 201, headers });
}

export async function listRetentionRules(call: SpaceCall): Promise<Response> {
  const { registry, grant } = call;
  const page = await registry.management.retentionRules.list(grant, pageRequest(readQuery(pageQuery, call)));
  return listResponse(page, view, ({ id }) => id);
}

export async function getRetentionRule(call: SpaceCall): Promise<Response> {
  return Response.json(view(await requireRule(call)));
}

export async function updateRetentionRule(call: SpaceCall): Promise<Response> {
  const { registry, grant } = call;
  const { confirm = false, ...changes } = await readBody(retentionRuleChanges, call);
  const old = await requireRule(call);
  const rule: RetentionRule = {
    ...old,
    name: changes.name ?? old.name,
    repositories: changes.repositories ?? old.repositories,
    keep: changes.keep ?? old.keep,
    enabled: changes.enabled ?? old.enabled,
  };
  requireConfirmation(rule, confirm);
  const updated = await registry.management.retentionRules.update(grant, rule);
  if (!updated) throw new RegistryError("RETENTION_RULE_UNKNOWN");
  await noteInSpace(call, "retention.changed", aboutRule(rule));
  return Response.json(view(rule));
}

export async function deleteRetentionRule(call: SpaceCall): Promise<Response> {
  const { registry, grant } = call;
  const rule = await requireRule(call);
  const deleted = await registry.management.retentionRules.delete(grant, rule.id);
  if (!deleted) throw new RegistryError("RETENTION_RULE_UNKNOWN");
  await noteInSpace(call, "retention.deleted", aboutRule(rule));
  return new Response(null, { status: 204 });
}

/** Exactly what would go: by the rules as they are, or with one that is not saved yet. */
export async function previewRetention(call: SpaceCall): Promise<Response> {
  const { registry, grant } = call;
  const { cursor = null } = readQuery(retentionPreviewQuery, call);
  const input = await readBody(retentionPreviewInput, call);
  const { keep, repositories = ["**"], enabled = true, replaces = null, afterGrace: graceIsOver = false } = input;
  const rule = keep === undefined || !enabled ? null : { repositories, keep };
  const proposal = { rule, replaces, graceIsOver };
  const preview = await previewOf(registry.management.retention, grant, proposal, cursor, Date.now());
  const seen = preview.repositories;
  const sum = (of: (one: RepositoryPreview) => number): number => seen.reduce((total, one) => total + of(one), 0);
  return Response.json({
    items: seen
      .filter(({ tags, manifests, isResumed }) => isResumed || tags.length + manifests.length > 0)
      .map(previewView),
    totals: {
      repositories: seen.filter(({ isResumed }) => !isResumed).length,
      tags: sum(({ tags }) => tags.length),
      manifests: sum(({ manifests }) => manifests.length),
      bytes: sum(({ bytes }) => bytes),
    },
    next: preview.next,
  });
}

function requireConfirmation({ enabled, keep }: RetentionRule, confirm: boolean): void {
  if (enabled && keepsNothing(keep) && !confirm) throw new RegistryError("RETENTION_KEEPS_NOTHING");
}

function aboutRule({ id, name, repositories, keep, enabled }: RetentionRule): Omit<Act, "actor" | "action"> {
  return { subject: id, name, detail: { repositories, keep, enabled } };
}

async function requireRule({ registry, grant, params }: SpaceCall): Promise<RetentionRule> {
  const rule = await registry.management.retentionRules.find(grant, params["id"] ?? "");
  if (rule === null) throw new RegistryError("RETENTION_RULE_UNKNOWN");
  return rule;
}

function view({ createdAt, ...rule }: RetentionRule): object {
  return { ...rule, createdAt: isoTime(createdAt) };
}

function previewView({ repository, tags, manifests, bytes, complete }: RepositoryPreview): object {
  return {
    repository,
    tags: tags.slice(0, SHOWN).map(({ name }) => name),
    manifests: manifests.slice(0, SHOWN).map(({ digest }) => digest),
    tagCount: tags.length,
    manifestCount: manifests.length,
    bytes,
    complete,
  };
}
