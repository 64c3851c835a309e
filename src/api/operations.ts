/** All operations of the management API. Where two paths fit an address, the first counts. */
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
  // Before the repositories' own path, which takes `tags` for the end of a name.
  tags.listRepositoryTags,
  repositories.getRepository,
  repositories.updateRepository,
  repositories.deleteRepository,
  tags.deleteTags,
  manifests.getManifest,
  manifests.listReferrers,
  manifests.getBlobText,
  listDamaged,
];
