/**
 * Ends uploads whose credential, space or repository is gone, and forgets the rows of sessions that have
 * ended by themselves, as the sessions tell. It runs in bounded steps, which may each be repeated or cut
 * off. A session that does not answer delays none of the others.
 */
import type { SessionTerms } from "../auth/session-token.ts";
import type { UploadStore } from "../registry/upload-store.ts";
import { throwTogether } from "./in-turn.ts";
import type { HeldUpload, OpenUpload, OpenUploadWalk } from "./stores.ts";

interface EndStores {
  readonly openUploads: OpenUploadWalk;
  readonly uploads: Pick<UploadStore, "status" | "cancel">;
}

/** Sessions in one step: each is a request to a Durable Object. */
const STEP = 100;

/** Steps at once. An invocation makes 1,000 requests at most, and on the Free plan 50 queries, two for each step. */
const STEPS_AT_ONCE = 8;

/** Milliseconds for which a session is left alone after it was confirmed or looked at. */
const QUIET = 15 * 60_000;

/** Milliseconds for which a session that did not answer is left alone: two runs of upkeep, which reach others. */
const FAILED = 8 * 60_000;

/** Settles some of the sessions that are due. Throws the failures after the others are settled. */
export async function endUploads(stores: EndStores, now: number): Promise<void> {
  throwTogether(
    await settleAll(stores, await stores.openUploads.due({ now, cutoff: now - QUIET, limit: STEP }, null), now),
  );
}

/**
 * Ends the uploads whose credential was just revoked, or whose space or repository was just deleted.
 * {@link endUploads} ends those that are left after the last step. Throws the failures after the others
 * are settled.
 */
export async function endDeadUploads(stores: EndStores, now: number): Promise<void> {
  const failures: unknown[] = [];
  let after: OpenUpload | null = null;
  for (let step = 0; step < STEPS_AT_ONCE; step++) {
    const found: readonly OpenUpload[] = await stores.openUploads.due({ now, cutoff: 0, limit: STEP }, after);
    failures.push(...(await settleAll(stores, found, now)));
    after = found[STEP - 1] ?? null;
    if (after === null) break;
  }
  throwTogether(failures);
}

/**
 * Settles uploads by the answers of their sessions, and returns the failures. An upload that failed is
 * left alone for a while, so that it delays none of the others.
 */
async function settleAll(
  { openUploads, uploads }: EndStores,
  found: readonly OpenUpload[],
  now: number,
): Promise<readonly unknown[]> {
  const failures: unknown[] = [];
  const ended: OpenUpload[] = [];
  const held: HeldUpload[] = [];
  const settle = async (upload: OpenUpload): Promise<void> => {
    try {
      const bytes = await bytesLeft(uploads, upload, now);
      // A session without bytes is only its address.
      if (bytes === 0) ended.push(upload);
      else held.push({ ...upload, bytes, lookedAt: now });
    } catch (fault) {
      failures.push(fault);
      held.push({ ...upload, lookedAt: now + FAILED });
    }
  };
  await Promise.all(found.map(settle));
  await openUploads.settle({ ended, held });
  return failures;
}

/** Returns the bytes that a session holds, after ending it if it is to end. */
async function bytesLeft(uploads: EndStores["uploads"], upload: OpenUpload, now: number): Promise<number> {
  const terms = termsOf(upload, now);
  if (!upload.isDead) return (await uploads.status(terms)) ?? 0;
  await uploads.cancel(terms);
  return 0;
}

/** Returns the terms of a session, as far as its end needs them. */
function termsOf({ id }: OpenUpload, now: number): SessionTerms {
  const expiresAt = now + 7 * 86_400_000;
  return { id, spaceId: 0, repositoryId: null, algorithm: "sha256", expiresAt, room: null, confirmedAt: 0 };
}
