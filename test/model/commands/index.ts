/** The steps of sequences. To add one, write a file here and a line below; a step that is listed twice comes twice as often. */
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

/** The weight of each step: more for those that others build upon, and for those that are mostly left out. */
const WEIGHTS: readonly (readonly [number, Arbitrary<Step>])[] = [
  [1, pushBlob],
  [6, pushImage],
  [1, pushManifest],
  [1, mount],
  [1, readBlob],
  [1, readManifest],
  [2, deleteTag],
  [3, deleteManifest],
  [1, deleteBlob],
  [2, deleteRepository],
  [4, undeleteManifest],
  [3, undeleteTag],
  [4, undeleteRepository],
  [6, revert],
  [2, setImmutableTags],
  [1, setQuota],
  [3, setRetention],
  [3, damage],
  [1, beginUpload],
  [1, sendChunk],
  [1, finishUpload],
  [1, cancelUpload],
  [3, wait],
  [4, upkeep],
];

export const STEPS: readonly Arbitrary<Step>[] = WEIGHTS.flatMap(([weight, one]) =>
  Array<typeof one>(weight).fill(one),
);
