/**
 * Ends uploads whose credential, space or repository is gone, and forgets rows of sessions that have ended by themselves: the sessions
 * say. It runs in steps that are bounded and may each be repeated or cut off. A session that cannot be asked holds up none of the others.
 */
import type { SessionTerms } from "../auth/session-token.ts";
import type { UploadStore } from "../registry/upload-store.ts";
import { throwTogether } from "./in-turn.ts";
import type { HeldUpload, OpenUpload, OpenUploadWalk } from "./stores.ts";

interface EndStores {
  readonly openUploads: OpenUploadWalk;
  readonly uploads: Pick<UploadStore, "status" | "cancel">;
}

/** Sessions looked at in one step: each is a request to a Durable Object. */
const STEP = 100;

/** Steps that are made at once. An invocation makes 1,000 requests at most, and on the Free plan 50 queries: two in each step. */
const STEPS_AT_ONCE = 8;

/** Milliseconds that a session is left alone after it was confirmed or looked at. */
const QUIET = 15 * 60_000;

/** Milliseconds that one is left alone that could not be asked: two runs of upkeep, which come to others. */
const FAILED = 8 * 60_000;

/** Settles some of the sessions that are due. Throws the failures, after the others are settled. */
export async function endUploads(stores: EndStores, now: number): Promise<void> {
  throwTogether(
    await settleAll(stores, await stores.openUploads.due({ now, cutoff: now - QUIET, limit: STEP }, null), now),
  );
}

/**
 * Ends the uploads whose credential was just revoked, or whose space or repository was just deleted. What is left after the
 * last step is ended by {@link endUploads}. Throws the failures, after the others are settled.
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

/** Settles uploads by what their sessions say, and returns the failures of the others. Those are left alone for a while, so that they hold up none. */
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
      // One that holds nothing is no more than its address.
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

/** Bytes that a session holds, after it was ended if it is to end. */
async function bytesLeft(uploads: EndStores["uploads"], upload: OpenUpload, now: number): Promise<number> {
  const terms = termsOf(upload, now);
  if (!upload.isDead) return (await uploads.status(terms)) ?? 0;
  await uploads.cancel(terms);
  return 0;
}

/** The terms of a session, as far as ending it needs them. */
function termsOf({ id }: OpenUpload, now: number): SessionTerms {
  const expiresAt = now + 7 * 86_400_000;
  return { id, spaceId: 0, repositoryId: null, algorithm: "sha256", expiresAt, room: null, confirmedAt: 0 };
}
