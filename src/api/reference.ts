import type { z } from "zod";
import {
  deliveryDetailOutput,
  deliveryOutput,
  deliveryQuery,
  deployedOutput,
  deployedQuery,
  eventOutput,
  eventQuery,
  newTargetOutput,
  previewInput,
  previewOutput,
  pushesPreviewInput,
  pushesPreviewOutput,
  replayInput,
  replayOutput,
  secretInput,
  secretOutput,
  targetChanges,
  targetInput,
  testInput,
  testOutput,
  targetOutput,
  triggerChanges,
  triggerInput,
  triggerOutput,
} from "./event-schemas.ts";
import {
  retentionPreviewInput,
  retentionPreviewOutput,
  retentionPreviewQuery,
  retentionRuleChanges,
  retentionRuleInput,
  retentionRuleOutput,
} from "./retention-schemas.ts";
import { listOf, pageQuery } from "./schemas.ts";
import {
  deletedManifestOutput,
  deletedQuery,
  deletedRepositoryOutput,
  historyQuery,
  revertInput,
  revertOutput,
  deletedTagOutput,
  tagChangeOutput,
  undeleteInput,
  undeleteOutput,
} from "./undo-schemas.ts";

/** What the OpenAPI document says of one operation; the same schemas parse its requests. */
export interface OperationReference {
  readonly summary: string;
  readonly body?: z.ZodType;
  readonly query?: z.ZodType;
  readonly status: 200 | 201 | 204;
  readonly output?: z.ZodType;
}

/** By the route's id, which is the operation's id too. */
export const REFERENCE = {
  createRetentionRule: {
    summary: "Create a retention rule: tags that no rule keeps are deleted in the repositories that it covers",
    body: retentionRuleInput,
    status: 201,
    output: retentionRuleOutput,
  },
  listRetentionRules: {
    summary: "List the retention rules",
    query: pageQuery,
    status: 200,
    output: listOf(retentionRuleOutput),
  },
  getRetentionRule: { summary: "Show a retention rule", status: 200, output: retentionRuleOutput },
  updateRetentionRule: {
    summary: "Change a retention rule",
    body: retentionRuleChanges,
    status: 200,
    output: retentionRuleOutput,
  },
  deleteRetentionRule: {
    summary: "Delete a retention rule; repositories that no other rule covers keep everything",
    status: 204,
  },
  previewRetention: {
    summary: "Show exactly what the rules would delete now, or with a rule that is not saved yet",
    query: retentionPreviewQuery,
    body: retentionPreviewInput,
    status: 200,
    output: retentionPreviewOutput,
  },
  getHistory: {
    summary: "Show who moved a tag, and from which digest to which, newest first",
    query: historyQuery,
    status: 200,
    output: listOf(tagChangeOutput),
  },
  revert: {
    summary: "Move a tag back to what it pointed to before; this counts as a push",
    body: revertInput,
    status: 200,
    output: revertOutput,
  },
  listDeletedRepositories: {
    summary: "List the deleted repositories that can be restored",
    query: pageQuery,
    status: 200,
    output: listOf(deletedRepositoryOutput),
  },
  listDeletedManifests: {
    summary: "List a repository's deleted manifests",
    query: deletedQuery,
    status: 200,
    output: listOf(deletedManifestOutput),
  },
  listDeletedTags: {
    summary: "List a repository's deleted tags, latest first",
    query: deletedQuery,
    status: 200,
    output: listOf(deletedTagOutput),
  },
  undelete: {
    summary: "Restore a tag, a manifest with its tags, or a repository",
    body: undeleteInput,
    status: 200,
    output: undeleteOutput,
  },
  createTarget: { summary: "Create a deployment target", body: targetInput, status: 201, output: newTargetOutput },
  listTargets: { summary: "List the targets", query: pageQuery, status: 200, output: listOf(targetOutput) },
  getTarget: { summary: "Show a target", status: 200, output: targetOutput },
  updateTarget: {
    summary: "Change a target; a new address needs a new secret",
    body: targetChanges,
    status: 200,
    output: newTargetOutput,
  },
  deleteTarget: { summary: "Delete a target; its pending deliveries end", status: 204 },
  enableTarget: { summary: "Enable a target", status: 200, output: targetOutput },
  disableTarget: { summary: "Disable a target", status: 200, output: targetOutput },
  rotateTargetSecret: {
    summary: "Replace a target's secret; both sign for a day",
    body: secretInput,
    status: 200,
    output: secretOutput,
  },
  testTarget: {
    summary: "Send a target a test delivery now, and show its answer",
    body: testInput,
    status: 200,
    output: testOutput,
  },
  createTrigger: { summary: "Create a trigger", body: triggerInput, status: 201, output: triggerOutput },
  listTriggers: { summary: "List the triggers", query: pageQuery, status: 200, output: listOf(triggerOutput) },
  getTrigger: { summary: "Show a trigger", status: 200, output: triggerOutput },
  updateTrigger: {
    summary: "Change a trigger; deliveries under way still go to their old targets",
    body: triggerChanges,
    status: 200,
    output: triggerOutput,
  },
  deleteTrigger: { summary: "Delete a trigger", status: 204 },
  enableTrigger: { summary: "Enable a trigger", status: 200, output: triggerOutput },
  disableTrigger: { summary: "Disable a trigger", status: 200, output: triggerOutput },
  previewTrigger: {
    summary: "Show if a push to a tag would fire, and why not",
    body: previewInput,
    status: 200,
    output: previewOutput,
  },
  previewPushes: {
    summary: "Show which of the latest pushes would have fired a trigger, and why others would not",
    body: pushesPreviewInput,
    status: 200,
    output: pushesPreviewOutput,
  },
  testTrigger: {
    summary: "Send each target of a trigger a test delivery now, and show the answers",
    body: testInput,
    status: 200,
    output: testOutput,
  },
  replayTrigger: {
    summary:
      "Send a trigger's failed deliveries since a given time again, each under its own id, in the order of their events",
    body: replayInput,
    status: 200,
    output: replayOutput,
  },
  listEvents: {
    summary: "List what happened, newest first",
    query: eventQuery,
    status: 200,
    output: listOf(eventOutput),
  },
  getEvent: { summary: "Show an event, and why each trigger fired or did not", status: 200, output: eventOutput },
  listDeployed: {
    summary: "List what was delivered to the targets, newest first",
    query: deployedQuery,
    status: 200,
    output: listOf(deployedOutput),
  },
  listDeliveries: {
    summary: "List the deliveries, newest first",
    query: deliveryQuery,
    status: 200,
    output: listOf(deliveryOutput),
  },
  getDelivery: { summary: "Show a delivery with its attempts", status: 200, output: deliveryDetailOutput },
  cancelDelivery: {
    summary: "Cancel a pending or running delivery: it is no longer sent or followed",
    status: 200,
    output: deliveryDetailOutput,
  },
  redeliver: { summary: "Send a delivery again, under the same id", status: 200, output: deliveryDetailOutput },
} as const satisfies Record<string, OperationReference>;
