/**
 * Ends uploads whose credential, space or repository is gone, and forgets rows of sessions that have ended by themselves: the sessions
 * say. In steps that are bounded and may each be repeated or cut off.
 */
import type { SessionTerms } from "../auth/session-token.ts";
import type { UploadStore } from "../registry/stores.ts";
import type { OpenUpload, OpenUploadWalk, WalkStore } from "./stores.ts";

interface EndStores {
  readonly walks: WalkStore;
  readonly openUploads: OpenUploadWalk;
  readonly uploads: Pick<UploadStore, "status" | "cancel">;
}

/** Sessions looked at in one run: each is a request to a Durable Object, or none. */
const STEP = 100;

/** Milliseconds that a session is left alone after it was confirmed. */
const QUIET = 15 * 60_000;

const WALK = "open uploads";

/** Looks at the next sessions; the walk goes on where it ended, and begins anew after the last. */
export async function endUploads(stores: EndStores, now: number, limit = STEP): Promise<void> {
  const from = await stores.walks.position(WALK);
  const found = await stores.openUploads.next(from, { now, limit });
  await look(stores, found, now);
  const last = found.length < limit ? undefined : found.at(-1);
  const to = last === undefined ? null : `${last.credentialId} ${last.id}`;
  if (to !== from) await stores.walks.setPosition(WALK, to);
}

/** Ends what a credential that was just revoked has open, at once; what is beyond a step is left to {@link endUploads}. */
export async function endUploadsOf(stores: Omit<EndStores, "walks">, credentialId: string, now: number): Promise<void> {
  const found = await stores.openUploads.next(`${credentialId} `, { now, limit: STEP });
  const own = found.filter((one) => one.credentialId === credentialId);
  await look(stores, own, now);
}

type Fate = "ended" | "held" | "left";

async function look(
  { openUploads, uploads }: Omit<EndStores, "walks">,
  found: readonly OpenUpload[],
  now: number,
): Promise<void> {
  const looked = await Promise.all(
    found.map(async (upload): Promise<{ fate: Fate; upload: OpenUpload }> => {
      const terms = termsOf(upload, now);
      if (upload.isDead) {
        await uploads.cancel(terms);
        return { fate: "ended", upload };
      }
      if (upload.touchedAt > now - QUIET) return { fate: "left", upload };
      const bytes = await uploads.status(terms);
      // One that holds nothing is no more than its address.
      if (bytes === null || bytes === 0) return { fate: "ended", upload };
      return { fate: bytes === upload.bytes ? "left" : "held", upload: { ...upload, bytes } };
    }),
  );
  const those = (fate: Fate): readonly OpenUpload[] =>
    looked.filter((one) => one.fate === fate).map((one) => one.upload);
  const [ended, held] = [those("ended"), those("held")];
  if (ended.length + held.length > 0) await openUploads.settle({ ended, held });
}

/** As much of a session's terms as it takes to end it. */
function termsOf({ id }: OpenUpload, now: number): SessionTerms {
  const expiresAt = now + 7 * 86_400_000;
  return { id, spaceId: 0, repositoryId: null, algorithm: "sha256", expiresAt, room: null, confirmedAt: 0 };
}
