import { type Arbitrary, nat, record } from "fast-check";
import { startSession } from "../../support/content.ts";
import { ask } from "../../support/registry.ts";
import { finish, patch } from "../../support/upload.ts";
import { anyBlob, anyRepository } from "../choices.ts";
import { DAY } from "../../support/clock.ts";
import { pushedRepository, type SessionModel, touch } from "../model.ts";
import { expectAnswer, type Step, step } from "../step.ts";
import { secretOf, type World } from "../world.ts";

/** Milliseconds after which its address is no longer valid. */
const ADDRESS_LIFETIME = 6 * DAY;

/** Bytes of each chunk. */
const CHUNK = 15;

export const beginUpload = record({ repository: anyRepository, blob: anyBlob }).map(({ repository, blob }) =>
  step(`start an upload of ${blob.name} to ${repository}`, async ({ sessions }, world) => {
    const address = await startSession(repository, secretOf(world, repository));
    sessions.push({
      repository,
      blob,
      address,
      startedAt: world.clock.now(),
      offset: 0,
      touchedAt: null,
      ended: false,
    });
  }),
);

export const sendChunk = withSession("send a chunk of", async (session, world) => {
  const { address, blob, repository, offset } = session;
  const chunk = blob.bytes.subarray(offset, offset + CHUNK);
  const { status } = await patch(address, secretOf(world, repository), chunk, { at: offset });
  expectAnswer(status, isOpen(session, world) ? 202 : 404);
  if (status === 202) Object.assign(session, { offset: offset + chunk.length, touchedAt: world.clock.now() });
});

export const finishUpload = withSession("finish", async (session, world, model) => {
  const { address, blob, repository, offset } = session;
  const { status } = await finish(address, secretOf(world, repository), blob.digest, blob.bytes.slice(offset), {
    at: offset,
  });
  expectAnswer(status, isOpen(session, world) ? 201 : 404);
  if (status === 201) touch(pushedRepository(model, repository), blob.digest, world.clock.now());
  model.sessions.splice(model.sessions.indexOf(session), 1);
});

export const cancelUpload = withSession("cancel", async (session, world, { sessions }) => {
  const { address, repository } = session;
  const { status } = await ask(address, { method: "DELETE", as: secretOf(world, repository) });
  expectAnswer(status, isOpen(session, world) ? 204 : 404);
  sessions.splice(sessions.indexOf(session), 1);
});

function isOpen({ startedAt, ended }: SessionModel, { clock }: World): boolean {
  return !ended && clock.now() < startedAt + ADDRESS_LIFETIME;
}

type OfSession = (session: SessionModel, world: World, model: Parameters<Step["run"]>[0]) => Promise<void>;

/** A step with one of the sessions that are under way; left out where there is none. */
function withSession(verb: string, run: OfSession): Arbitrary<Step> {
  return nat({ max: 9 }).map((number) =>
    step(
      `${verb} upload ${number}`,
      async (model, world) => {
        const session = model.sessions[number % model.sessions.length];
        if (session !== undefined) await run(session, world, model);
      },
      ({ sessions }) => sessions.length > 0,
    ),
  );
}
