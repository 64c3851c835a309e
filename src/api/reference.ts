import type { z } from "zod";
import { activityOutput, activityQuery } from "./activity-schemas.ts";
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
  blobTextOutput,
  blobTextQuery,
  manifestOutput,
  manifestQuery,
  referrerOutput,
  referrersQuery,
} from "./manifest-schemas.ts";
import {
  retentionPreviewInput,
  retentionPreviewOutput,
  retentionPreviewQuery,
  retentionRuleChanges,
  retentionRuleInput,
  retentionRuleOutput,
} from "./retention-schemas.ts";
import {
  damagedOutput,
  listOf,
  newTokenOutput,
  pageQuery,
  repositoryOutput,
  revocationQuery,
  repositoryChanges,
  spaceChanges,
  spaceInput,
  spaceOutput,
  tagOutput,
  tagsDeletionInput,
  tagsDeletionOutput,
  tagsQuery,
  tokenInput,
  tokenOutput,
  whoamiOutput,
} from "./schemas.ts";
import { sessionInput, sessionOutput } from "./session-schemas.ts";
import { collectableOutput, storageDayOutput, storageOutput, storageQuery } from "./storage-schemas.ts";
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
  readonly status: number;
  readonly output?: z.ZodType;
}

/** By the route's id, which is the operation's id too. */
export const OPERATIONS = {
  whoami: { summary: "Show whose token this is and what it may do", status: 200, output: whoamiOutput },
  signIn: {
    summary: "Sign in to the console: sets a cookie; needs the header X-Spacedock-Console: 1",
    body: sessionInput,
    status: 200,
    output: sessionOutput,
  },
  getSession: { summary: "Show who is signed in to the console, if anybody", status: 200, output: sessionOutput },
  signOut: { summary: "Sign out of the console; needs the header X-Spacedock-Console: 1", status: 204 },
  createSpace: { summary: "Create a space", body: spaceInput, status: 201, output: spaceOutput },
  listSpaces: { summary: "List the spaces", query: pageQuery, status: 200, output: listOf(spaceOutput) },
  getSpace: { summary: "Show a space", status: 200, output: spaceOutput },
  updateSpace: {
    summary:
      "Change a space: who may pull, which tags are immutable, which registries it stands for, and how much it may have",
    body: spaceChanges,
    status: 200,
    output: spaceOutput,
  },
  deleteSpace: { summary: "Delete a space with its repositories, and revoke its tokens", status: 204 },
  listInstallationActivity: {
    summary: "Who made and deleted spaces, and which administrators signed in, newest first",
    query: activityQuery,
    status: 200,
    output: listOf(activityOutput),
  },
  listActivity: {
    summary:
      "Who did what in a space, pushes and deletions included, newest first; a page may be short, or empty, and the list still go on",
    query: activityQuery,
    status: 200,
    output: listOf(activityOutput),
  },
  getStorage: {
    summary: "What a space stores, as a whole and by repository",
    query: storageQuery,
    status: 200,
    output: storageOutput,
  },
  getStorageHistory: {
    summary: "What a space stored, day by day, the last first; 400 days are kept",
    query: pageQuery,
    status: 200,
    output: listOf(storageDayOutput),
  },
  previewCollection: {
    summary:
      "What collection would take out of a space, and when; a page may be short, or empty, and the list still go on",
    query: pageQuery,
    status: 200,
    output: listOf(collectableOutput),
  },
  createToken: {
    summary: "Create a token; its secret is shown this once",
    body: tokenInput,
    status: 201,
    output: newTokenOutput,
  },
  listTokens: { summary: "List a space's tokens", query: pageQuery, status: 200, output: listOf(tokenOutput) },
  getToken: { summary: "Show a token", status: 200, output: tokenOutput },
  revokeToken: { summary: "Revoke a token, at once", query: revocationQuery, status: 204 },
  listRepositories: {
    summary:
      "List a space's repositories: those that whoever asks may look at; a page may be short, or empty, and the list still go on",
    query: pageQuery,
    status: 200,
    output: listOf(repositoryOutput),
  },
  getRepository: { summary: "Show a repository", status: 200, output: repositoryOutput },
  updateRepository: {
    summary: "Change a repository: who may pull, and which tags are immutable",
    body: repositoryChanges,
    status: 200,
    output: repositoryOutput,
  },
  deleteRepository: { summary: "Delete a repository with everything in it", status: 204 },
  listRepositoryTags: { summary: "List a repository's tags", query: tagsQuery, status: 200, output: listOf(tagOutput) },
  deleteTags: {
    summary: "Delete tags, with the manifests that only they held; or say what that would take",
    body: tagsDeletionInput,
    status: 200,
    output: tagsDeletionOutput,
  },
  getManifest: {
    summary: "Show a manifest: its text and config, what it needs and what needs it; no pull",
    query: manifestQuery,
    status: 200,
    output: manifestOutput,
  },
  listReferrers: {
    summary: "List what refers to a digest: signatures, SBOMs, attestations; a page may be shorter than asked for",
    query: referrersQuery,
    status: 200,
    output: listOf(referrerOutput),
  },
  getBlobText: {
    summary: "Read a small blob that is text, such as an SBOM",
    query: blobTextQuery,
    status: 200,
    output: blobTextOutput,
  },
  listDamaged: {
    summary: "List what cannot be pulled since its stored bytes are gone or wrong; pushing it again mends it",
    query: pageQuery,
    status: 200,
    output: listOf(damagedOutput),
  },
  createRetentionRule: {
    summary: "Create a retention rule: what it does not keep goes, in the repositories that it covers",
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
  deleteRetentionRule: { summary: "Delete a retention rule; what it does not cover any more stays", status: 204 },
  previewRetention: {
    summary: "Exactly what would go by the rules as they are, or with one that is not saved yet",
    query: retentionPreviewQuery,
    body: retentionPreviewInput,
    status: 200,
    output: retentionPreviewOutput,
  },
  getHistory: {
    summary: "Who moved a tag from what to what, newest first",
    query: historyQuery,
    status: 200,
    output: listOf(tagChangeOutput),
  },
  revert: {
    summary: "Move a tag back to what it pointed to; a push like any other",
    body: revertInput,
    status: 200,
    output: revertOutput,
  },
  listDeletedRepositories: {
    summary: "List the deleted repositories that can be brought back",
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
    summary: "List a repository's deleted tags, the last first",
    query: deletedQuery,
    status: 200,
    output: listOf(deletedTagOutput),
  },
  undelete: {
    summary: "Bring back a tag, a manifest with its tags, or a repository",
    body: undeleteInput,
    status: 200,
    output: undeleteOutput,
  },
  createTarget: { summary: "Create a deployment target", body: targetInput, status: 201, output: newTargetOutput },
  listTargets: { summary: "List the targets", query: pageQuery, status: 200, output: listOf(targetOutput) },
  getTarget: { summary: "Show a target", status: 200, output: targetOutput },
  updateTarget: {
    summary: "Change a target; with another address goes another secret",
    body: targetChanges,
    status: 200,
    output: newTargetOutput,
  },
  deleteTarget: { summary: "Delete a target; what is pending for it fails", status: 204 },
  enableTarget: { summary: "Switch a target on", status: 200, output: targetOutput },
  disableTarget: { summary: "Switch a target off", status: 200, output: targetOutput },
  rotateTargetSecret: {
    summary: "Replace a target's secret; for a day both sign",
    body: secretInput,
    status: 200,
    output: secretOutput,
  },
  testTarget: {
    summary: "Send a target what it would be sent for a push, now and once, and show what it answers",
    body: testInput,
    status: 200,
    output: testOutput,
  },
  createTrigger: { summary: "Create a trigger", body: triggerInput, status: 201, output: triggerOutput },
  listTriggers: { summary: "List the triggers", query: pageQuery, status: 200, output: listOf(triggerOutput) },
  getTrigger: { summary: "Show a trigger", status: 200, output: triggerOutput },
  updateTrigger: {
    summary: "Change a trigger; what is on its way already goes where it was to go",
    body: triggerChanges,
    status: 200,
    output: triggerOutput,
  },
  deleteTrigger: { summary: "Delete a trigger", status: 204 },
  enableTrigger: { summary: "Switch a trigger on", status: 200, output: triggerOutput },
  disableTrigger: { summary: "Switch a trigger off", status: 200, output: triggerOutput },
  previewTrigger: {
    summary: "Whether a push to a tag would fire, and why not",
    body: previewInput,
    status: 200,
    output: previewOutput,
  },
  previewPushes: {
    summary: "What a trigger would have made of the last pushes, and why not",
    body: pushesPreviewInput,
    status: 200,
    output: pushesPreviewOutput,
  },
  testTrigger: {
    summary: "Send each target what it would be sent for a push, now and once, and show what it answers",
    body: testInput,
    status: 200,
    output: testOutput,
  },
  replayTrigger: {
    summary:
      "Send all failed deliveries of a trigger since a time again, each under its own id, in the order of their events",
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
  getEvent: { summary: "Show an event, with what each trigger made of it", status: 200, output: eventOutput },
  listDeployed: {
    summary: "List what was delivered to the targets, the newest first",
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
    summary: "End a delivery that is pending or running: it is not sent any more, or not followed",
    status: 200,
    output: deliveryDetailOutput,
  },
  redeliver: { summary: "Send a delivery again, under the same id", status: 200, output: deliveryDetailOutput },
} as const satisfies Record<string, OperationReference>;

export type OperationId = keyof typeof OPERATIONS;
