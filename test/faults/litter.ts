import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { type Digest, requireDigest } from "../../src/oci/digest.ts";
import { DAY, type MovedClock } from "../support/clock.ts";
import { bytesOf, imageText, padded, pushBlob, pushImage, putManifest } from "../support/content.ts";
import { manage } from "../support/registry.ts";
import { objectKeys } from "../support/upkeep.ts";
import type { Place } from "./operations.ts";

interface Litter {
  /** The content that must stay: it shares blobs with the content that goes. */
  readonly kept: { readonly name: string; readonly digests: readonly Digest[] };
  /** Fails if something is left that one run should have taken. */
  readonly expectTaken: () => Promise<void>;
}

/** Leaves something of everything that upkeep takes, all of it due. */
export async function litter({ space, path, name, as, seed }: Place, clock: MovedClock): Promise<Litter> {
  const { text } = await pushImage(name, as, "latest", seed);
  const loose = await pushBlob(name, as, bytesOf(50, seed + 50_000));
  const unlinked = await pushBlob(name, as, bytesOf(60, seed + 60_000));
  const deleted = { path: `${path}-deleted`, name: `${name}-deleted` };
  const long = padded(await imageText(deleted.name, as, seed), 901_000);
  expect((await putManifest(deleted.name, as, "latest", long)).status).toBe(201);
  expect((await manage("DELETE", `spaces/${space}/repositories/${deleted.path}`)).status).toBe(204);
  await env.BLOBS.put(`blobs/orphan-${seed}`, "x");
  const before = await objectKeys();
  clock.advance(8 * DAY);
  const due = clock.now() - 2 * DAY;
  await env.DB.batch([
    env.DB.prepare("DELETE FROM repository_blobs WHERE digest = ?").bind(unlinked.digest),
    env.DB.prepare("UPDATE blobs SET marked_at = ?2 WHERE digest = ?1").bind(unlinked.digest, due),
    env.DB.prepare("UPDATE repository_blobs SET marked_at = ?2 WHERE digest = ?1").bind(loose.digest, due),
  ]);
  const digests = [...new Set(text.match(/sha256:[0-9a-f]{64}/g))].map(requireDigest);
  return {
    kept: { name, digests },
    expectTaken: async () => {
      const left = await env.DB.prepare("SELECT COUNT(*) AS n FROM repository_blobs WHERE digest = ?")
        .bind(loose.digest)
        .first("n");
      expect(left).toBe(0);
      // The orphan, the long manifest and the unlinked blob.
      expect(before.size - (await objectKeys()).intersection(before).size).toBeGreaterThanOrEqual(3);
    },
  };
}
