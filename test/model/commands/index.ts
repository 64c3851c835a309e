/** The steps that sequences are made of. One more is a file here and a line below; what is listed twice comes twice as often. */
import type { Arbitrary } from "fast-check";
import type { Step } from "../step.ts";
import { damage } from "./damage.ts";
import { deleteBlob, deleteManifest, deleteRepository, deleteTag } from "./delete.ts";
import { setImmutableTags } from "./immutable-tags.ts";
import { mount } from "./mount.ts";
import { pushBlob } from "./push-blob.ts";
import { pushImage } from "./push-image.ts";
import { pushManifest } from "./push-manifest.ts";
import { setQuota } from "./quota.ts";
import { readBlob } from "./read-blob.ts";
import { readManifest } from "./read-manifest.ts";
import { setRetention } from "./retention.ts";
import { revert } from "./revert.ts";
import { beginUpload, cancelUpload, finishUpload, sendChunk } from "./sessions.ts";
import { upkeep, wait } from "./time.ts";
import { undeleteManifest, undeleteRepository, undeleteTag } from "./undelete.ts";

/** As often as they are named: what others build upon is more often. */
export const STEPS: readonly Arbitrary<Step>[] = [
  pushBlob,
  pushImage,
  pushImage,
  pushImage,
  pushImage,
  pushManifest,
  mount,
  readBlob,
  readManifest,
  deleteTag,
  deleteManifest,
  deleteManifest,
  deleteBlob,
  deleteRepository,
  undeleteManifest,
  undeleteManifest,
  undeleteTag,
  undeleteRepository,
  undeleteRepository,
  revert,
  revert,
  setImmutableTags,
  setImmutableTags,
  setQuota,
  setRetention,
  setRetention,
  damage,
  damage,
  beginUpload,
  sendChunk,
  finishUpload,
  cancelUpload,
  wait,
  wait,
  upkeep,
  upkeep,
  upkeep,
];
