import { manage } from "../support/registry.ts";
import { pushModelBlob } from "./commands/push-blob.ts";
import { putModelManifest } from "./commands/push-manifest.ts";
import { BLOBS } from "./content.ts";
import { manifestOf, type Model } from "./model.ts";
import { expectAnswer } from "./step.ts";
import { SPACES, type World } from "./world.ts";

/** Pushes all damaged content again, without any limits. */
export async function mendAll(model: Model, world: World): Promise<void> {
  const quota = { bytes: null, repositories: null };
  for (const space of SPACES) {
    expectAnswer((await manage("PATCH", `spaces/${space}`, { quota })).status, 200);
    model.quotas.set(space, quota);
  }
  for (const [name, { links, damaged }] of model.repositories) {
    for (const blob of BLOBS.filter(({ digest }) => model.damaged.has(digest) && links.has(digest))) {
      await pushModelBlob(model, world, name, blob);
    }
    for (const digest of damaged) await putModelManifest(model, world, name, manifestOf(digest), null);
  }
}
