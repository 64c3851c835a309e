/**
 * Ends uploads whose credential, space or repository is gone, and forgets rows of sessions that have ended by themselves: the sessions
 * say. In steps that are bounded and may each be repeated or cut off.
 */
import type { SessionTerms } from "../auth/session-token.ts";
import type { UploadStore } from "../registry/stores.ts";
import type { OpenUpload, OpenUploadWalk } from "./stores.ts";

interface EndStores {
  readonly openUploads: OpenUploadWalk;
  readonly uploads: Pick<UploadStore, "status" | "cancel">;
}

/** Sessions looked at in one run: each is a request to a Durable Object. */
const STEP = 100;

/** Milliseconds that a session is left alone after it was confirmed or looked at. */
const QUIET = 15 * 60_000;

/** Looks at some of the sessions that are due. */
export async function endUploads(stores: EndStores, now: number): Promise<void> {
  await look(stores, await stores.openUploads.due({ now, cutoff: now - QUIET, limit: STEP }), now);
}

/** Ends what a credential that was just revoked has open, at once; what is beyond a step is left to {@link endUploads}. */
export async function endUploadsOf(stores: EndStores, credentialId: string, now: number): Promise<void> {
  await look(stores, await stores.openUploads.ofCredential(credentialId, { now, limit: STEP }), now);
}

async function look({ openUploads, uploads }: EndStores, found: readonly OpenUpload[], now: number): Promise<void> {
  const looked = await Promise.all(
    found.map(async (upload) => {
      const terms = termsOf(upload, now);
      if (upload.isDead) await uploads.cancel(terms);
      // One that holds nothing is no more than its address.
      const bytes = upload.isDead ? 0 : ((await uploads.status(terms)) ?? 0);
      return { ...upload, bytes };
    }),
  );
  const ended = looked.filter(({ bytes }) => bytes === 0);
  const held = looked.filter(({ bytes }) => bytes > 0);
  await openUploads.settle({ ended, held }, now);
}

/** As much of a session's terms as it takes to end it. */
function termsOf({ id }: OpenUpload, now: number): SessionTerms {
  const expiresAt = now + 7 * 86_400_000;
  return { id, spaceId: 0, repositoryId: null, algorithm: "sha256", expiresAt, room: null, confirmedAt: 0 };
}
