/** All operations of the management API. If two paths match an address, the first counts. */
import * as activity from "./activity.ts";
import { listDamaged } from "./damaged.ts";
import * as manifests from "./manifests.ts";
import type { Operation } from "./operation.ts";
import * as repositories from "./repositories.ts";
import * as session from "./session.ts";
import * as spaces from "./spaces.ts";
import * as storage from "./storage.ts";
import * as tags from "./tags.ts";
import * as tokens from "./tokens.ts";
import { whoami } from "./whoami.ts";
import * as deliveries from "./deliveries.ts";
import * as deployed from "./deployed.ts";
import * as events from "./events.ts";
import * as retentionPreview from "./retention-preview.ts";
import * as retention from "./retention.ts";
import * as targetSecrets from "./target-secrets.ts";
import * as targets from "./targets.ts";
import * as testDeliveries from "./test-deliveries.ts";
import * as triggerPreviews from "./trigger-previews.ts";
import * as triggers from "./triggers.ts";
import * as undo from "./undo.ts";
import { listTargetTypes } from "./target-types.ts";

export const OPERATIONS: readonly Operation[] = [
  whoami,
  session.signIn,
  session.getSession,
  session.signOut,
  spaces.createSpace,
  spaces.listSpaces,
  spaces.getSpace,
  spaces.updateSpace,
  spaces.deleteSpace,
  activity.listInstallationActivity,
  activity.listActivity,
  storage.getStorage,
  storage.getStorageHistory,
  storage.previewCollection,
  tokens.createToken,
  tokens.listTokens,
  tokens.getToken,
  tokens.revokeToken,
  repositories.listRepositories,
  // Before the repositories' own path, which would read `tags` as the end of a name.
  tags.listRepositoryTags,
  repositories.getRepository,
  repositories.updateRepository,
  repositories.deleteRepository,
  tags.deleteTags,
  manifests.getManifest,
  manifests.listReferrers,
  manifests.getBlobText,
  listDamaged,
  retention.createRetentionRule,
  retention.listRetentionRules,
  retention.getRetentionRule,
  retention.updateRetentionRule,
  retention.deleteRetentionRule,
  retentionPreview.previewRetention,
  undo.getHistory,
  undo.revert,
  undo.listDeletedRepositories,
  undo.listDeletedManifests,
  undo.listDeletedTags,
  undo.undelete,
  listTargetTypes,
  targets.createTarget,
  targets.listTargets,
  targets.getTarget,
  targets.updateTarget,
  targets.deleteTarget,
  targets.enableTarget,
  targets.disableTarget,
  targetSecrets.rotateTargetSecret,
  testDeliveries.testTarget,
  triggers.createTrigger,
  triggers.listTriggers,
  triggers.getTrigger,
  triggers.updateTrigger,
  triggers.deleteTrigger,
  triggers.enableTrigger,
  triggers.disableTrigger,
  triggerPreviews.previewTrigger,
  testDeliveries.testTrigger,
  triggers.replayTrigger,
  triggerPreviews.previewPushes,
  events.listEvents,
  events.getEvent,
  deployed.listDeployed,
  deliveries.listDeliveries,
  deliveries.getDelivery,
  deliveries.cancelDelivery,
  deliveries.redeliver,
];
