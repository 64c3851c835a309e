import { constantFrom, record } from "fast-check";
import { ask } from "../../support/registry.ts";
import { finish, patch } from "../../support/upload.ts";
import { anyBlob, anyRepository } from "../choices.ts";
import type { ModelBlob } from "../content.ts";
import { receive } from "../damaged.ts";
import type { Model } from "../model.ts";
import { expectAnswer, step } from "../step.ts";
import { mayBegin, mayLink, roomFor } from "../usage.ts";
import { secretOf, type World } from "../world.ts";

/** Bytes of the first chunk. */
const CHUNK = 10;

interface Way {
  readonly push: (repository: string, as: string, blob: ModelBlob) => Promise<Response>;
  /** `known` returns the bytes that are known when the upload begins, `longest` those of the longest body. */
  readonly known: (blob: ModelBlob) => number;
  readonly longest: (blob: ModelBlob) => number;
}

const WAYS: Readonly<Record<"post" | "put" | "chunks", Way>> = {
  post: {
    push: (repository, as, { digest, bytes }) =>
      ask(`/v2/${repository}/blobs/uploads/?digest=${digest}`, { method: "POST", as, body: bytes }),
    known: ({ size }) => size,
    longest: ({ size }) => size,
  },
  put: {
    push: (repository, as, { digest, bytes }) => {
      return inSession(repository, as, (session) => finish(session, as, digest, bytes));
    },
    known: () => 1,
    longest: ({ size }) => size,
  },
  chunks: {
    push: (repository, as, { digest, bytes }) =>
      inSession(repository, as, async (session) => {
        const answer = await patch(session, as, bytes.subarray(0, CHUNK), { chunked: true });
        return answer.ok ? finish(session, as, digest, bytes.subarray(CHUNK), { at: CHUNK }) : answer;
      }),
    known: () => 1,
    longest: ({ size }) => Math.max(CHUNK, size - CHUNK),
  },
};

/** Returns the answer of the first request that is refused, or else of the last. */
async function inSession(
  repository: string,
  as: string,
  upload: (session: string) => Promise<Response>,
): Promise<Response> {
  const answer = await ask(`/v2/${repository}/blobs/uploads/`, { method: "POST", as });
  const session = answer.headers.get("Location") ?? "";
  if (!answer.ok) return answer;
  const last = await upload(session);
  // An unfinished session would take room from others.
  if (!last.ok) await ask(session, { method: "DELETE", as });
  return last;
}

export const pushBlob = record({
  repository: anyRepository,
  blob: anyBlob,
  way: constantFrom("post", "put", "chunks"),
}).map(({ repository, blob, way }) =>
  step(`push ${blob.name} to ${repository} by ${way}`, async (model, world) => {
    await pushModelBlob(model, world, repository, blob, WAYS[way]);
  }),
);

/** Pushes a blob. Returns true if it was taken. */
export async function pushModelBlob(
  model: Model,
  world: World,
  name: string,
  blob: ModelBlob,
  { push, known, longest }: Way = WAYS.post,
): Promise<boolean> {
  const { status } = await push(name, secretOf(world, name), blob);
  const fits = mayBegin(model, name, known(blob)) && longest(blob) <= roomFor(model, name);
  expectAnswer(status, fits && mayLink(model, name, blob) ? 201 : 403);
  if (status === 201) receive(model, name, blob.digest, world.clock.now());
  return status === 201;
}
