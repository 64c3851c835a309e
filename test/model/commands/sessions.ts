import { type Arbitrary, nat, record } from "fast-check";
import { ask } from "../../support/registry.ts";
import { finish, patch } from "../../support/upload.ts";
import { anyBlob, anyRepository } from "../choices.ts";
import { DAY } from "../../support/clock.ts";
import { receive } from "../damaged.ts";
import { isElsewhere, type SessionModel } from "../model.ts";
import { expectAnswer, type Step, step } from "../step.ts";
import { mayBegin, mayLink, roomBeside, roomFor } from "../usage.ts";
import { secretOf, type World } from "../world.ts";

/** Milliseconds after which a session's address is no longer valid. */
const ADDRESS_LIFETIME = 6 * DAY;

/** Milliseconds after which the database is asked again if a session may go on. */
const CONFIRM_EVERY = 30_000;

/** Bytes of each chunk. */
const CHUNK = 15;

export const beginUpload = record({ repository: anyRepository, blob: anyBlob }).map(({ repository, blob }) =>
  step(`start an upload of ${blob.name} to ${repository}`, async (model, world) => {
    const answer = await ask(`/v2/${repository}/blobs/uploads/`, { method: "POST", as: secretOf(world, repository) });
    expectAnswer(answer.status, mayBegin(model, repository, 1) ? 202 : 403);
    if (!answer.ok) return;
    model.sessions.push({
      repository,
      blob,
      address: answer.headers.get("Location") ?? "",
      startedAt: world.clock.now(),
      room: roomFor(model, repository),
      offset: 0,
      noted: 0,
      within: model.repositories.get(repository) ?? null,
      touchedAt: null,
      ended: false,
    });
  }),
);

export const sendChunk = withSession("send a chunk of", async (session, world, model) => {
  const { address, blob, repository, offset, room } = session;
  const chunk = blob.bytes.subarray(offset, offset + CHUNK);
  if (chunk.length === 0) return;
  const { status } = await patch(address, secretOf(world, repository), chunk, { at: offset });
  const end = offset + chunk.length;
  // The database is asked if the space has a limit, and if the last question was long ago.
  const isAsked = Number.isFinite(room) || world.clock.now() - session.startedAt >= CONFIRM_EVERY;
  const hasRoom = end <= room && (!isAsked || end <= session.noted + roomBeside(model, repository));
  const lost = isAsked && isElsewhere(session, model) && chunk.length <= room ? 404 : null;
  expectAnswer(status, refusalOf(session, world, chunk.length) ?? lost ?? (hasRoom ? 202 : 403));
  if (status === 202) Object.assign(session, { offset: end, touchedAt: world.clock.now() });
  if (status === 202 && isAsked) session.noted = end;
  // A session without room for its chunk is given up.
  if (status === 403 && chunk.length <= room) Object.assign(session, { ended: true, noted: 0 });
});

export const finishUpload = withSession("finish", async (session, world, model) => {
  const { address, blob, repository, offset } = session;
  const rest = blob.bytes.slice(offset);
  const last = rest.length === 0 ? null : rest;
  const { status } = await finish(address, secretOf(world, repository), blob.digest, last, { at: offset });
  const refusal = refusalOf(session, world, rest.length);
  const lost = isElsewhere(session, model) ? 404 : null;
  expectAnswer(status, refusal ?? lost ?? (mayLink(model, repository, blob) ? 201 : 403));
  if (status === 201) receive(model, repository, blob.digest, world.clock.now());
  if (refusal === null) model.sessions.splice(model.sessions.indexOf(session), 1);
});

export const cancelUpload = withSession("cancel", async (session, world, { sessions }) => {
  const { address, repository } = session;
  const { status } = await ask(address, { method: "DELETE", as: secretOf(world, repository) });
  const refusal = refusalOf(session, world, 0);
  expectAnswer(status, refusal ?? 204);
  if (refusal === null) sessions.splice(sessions.indexOf(session), 1);
});

/** Returns the status with which a body of so many bytes is refused before it is used. */
function refusalOf({ startedAt, ended, room }: SessionModel, { clock }: World, bytes: number): number | null {
  if (clock.now() >= startedAt + ADDRESS_LIFETIME) return 404;
  if (bytes > room) return 403;
  return ended ? 404 : null;
}

type OfSession = (session: SessionModel, world: World, model: Parameters<Step["run"]>[0]) => Promise<void>;

/** Makes a step with one of the sessions under way; leaves the step out if there is none. */
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
