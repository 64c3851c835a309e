import { constantFrom, record } from "fast-check";
import { startSession } from "../../support/content.ts";
import { ask } from "../../support/registry.ts";
import { finish, patch } from "../../support/upload.ts";
import { anyBlob, anyRepository } from "../choices.ts";
import type { ModelBlob } from "../content.ts";
import { pushedRepository, touch } from "../model.ts";
import { expectAnswer, step } from "../step.ts";
import { secretOf } from "../world.ts";

type Way = (repository: string, as: string, blob: ModelBlob) => Promise<Response>;

const WAYS: Readonly<Record<"post" | "put" | "chunks", Way>> = {
  post: (repository, as, { digest, bytes }) =>
    ask(`/v2/${repository}/blobs/uploads/?digest=${digest}`, { method: "POST", as, body: bytes }),
  put: async (repository, as, { digest, bytes }) => finish(await startSession(repository, as), as, digest, bytes),
  chunks: async (repository, as, { digest, bytes }) => {
    const session = await startSession(repository, as);
    await patch(session, as, bytes.subarray(0, 10), { chunked: true });
    return finish(session, as, digest, bytes.subarray(10), { at: 10 });
  },
};

export const pushBlob = record({
  repository: anyRepository,
  blob: anyBlob,
  way: constantFrom("post", "put", "chunks"),
}).map(({ repository, blob, way }) =>
  step(`push ${blob.name} to ${repository} by ${way}`, async (model, world) => {
    const answer = await WAYS[way](repository, secretOf(world, repository), blob);
    expectAnswer(answer.status, 201);
    touch(pushedRepository(model, repository), blob.digest, world.clock.now());
  }),
);
