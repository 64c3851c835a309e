import { type Access, type Answer, ask, finishAddress, locationOf } from "../../harness/live/ask.ts";
import type { Blob } from "../../harness/live/image.ts";
import { isDisturbance, patiently, untilHealthy } from "./patience.ts";
import type { World } from "./world.ts";

/** Bytes; one is smaller and one larger than a part of R2's. */
const LEAST_CHUNK = 300_000;
const MOST_CHUNK = 7_000_000;

interface Session {
  readonly address: string;
  /** Bytes that the server has acknowledged. */
  readonly offset: number;
}

/**
 * Uploads a blob in chunks of all sizes. If the server goes away, it asks for the session's offset and
 * goes on from there. An offset below the acknowledged one is a violation.
 */
export async function uploadInChunks(world: World, repository: string, blob: Blob): Promise<void> {
  const { access, random } = world;
  const { url } = access;
  const begun = await patiently(url, () =>
    ask(access, "POST", `/v2/${repository}/blobs/uploads/`, { expect: [202], body: new Uint8Array(0) }),
  );
  let session: Session = { address: locationOf(begun), offset: 0 };
  while (session.offset < blob.bytes.length) {
    const size = LEAST_CHUNK + Math.floor(random() * (MOST_CHUNK - LEAST_CHUNK));
    session = await sendChunk(access, session, blob.bytes.subarray(session.offset, session.offset + size)).catch(
      (fault: unknown) => {
        if (!isDisturbance(fault)) throw fault;
        return takeUp(world, session);
      },
    );
  }
  await patiently(url, () => ask(access, "PUT", finishAddress(session.address, blob.digest), { expect: [201] }));
}

async function sendChunk(
  access: Access,
  { address, offset }: Session,
  body: Uint8Array<ArrayBuffer>,
): Promise<Session> {
  const range = `${offset}-${offset + body.length - 1}`;
  return sessionAfter(
    await ask(access, "PATCH", address, { expect: [202], body, headers: { "Content-Range": range } }),
  );
}

async function takeUp({ access, figures, violations }: World, known: Session): Promise<Session> {
  await untilHealthy(access.url);
  const found = sessionAfter(await patiently(access.url, () => ask(access, "GET", known.address, { expect: [204] })));
  if (found.offset < known.offset) {
    violations.push(`a session came back with ${found.offset} bytes, after ${known.offset} were acknowledged`);
  }
  if (known.offset > 0) figures.sessionsResumed += 1;
  return found;
}

function sessionAfter(answer: Answer): Session {
  const [, last] = /^0-(\d+)$/.exec(answer.headers.get("Range") ?? "") ?? [];
  if (last === undefined) throw new Error("the session does not say how far it has come");
  // An empty session looks like one of a single byte, but none of ours has a single byte.
  return { address: locationOf(answer), offset: last === "0" ? 0 : Number(last) + 1 };
}
