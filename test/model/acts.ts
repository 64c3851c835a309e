/** The acts that run at once: whole operations of clients, runs of upkeep, and time that passes. */
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import worker from "../../src/worker.ts";
import { DAY } from "../support/clock.ts";
import { ORIGIN } from "../support/registry.ts";
import { runUpkeep } from "../support/upkeep.ts";
import { isManifest, type ModelBlob, type ModelManifest } from "./content.ts";
import { spaceOf } from "./model.ts";
import { secretOf, type World } from "./world.ts";

export const ACTS = [
  "push",
  "blob",
  "mount",
  "untag",
  "unpush",
  "unlink",
  "destroy",
  "undelete",
  "revert",
  "retain",
  "upkeep",
  "time",
] as const;

export type ActKind = (typeof ACTS)[number];

export interface Act {
  readonly kind: ActKind;
  readonly repository: string;
  readonly image: ModelManifest;
}

/** An act with the status of its last answer. */
export interface Done extends Act {
  readonly status: number;
}

export const SOURCE = "north/api";
export const TAG = "latest";

const RUN: Readonly<Record<ActKind, (act: Act, world: World) => Promise<number>>> = {
  push,
  blob: ({ repository, image }, world) => sendBlob(world, repository, firstBlob(image)),
  mount: ({ repository, image }, world) =>
    send(world, "POST", `/v2/${repository}/blobs/uploads/?mount=${firstBlob(image).digest}&from=${SOURCE}`, repository),
  untag: ({ repository }, world) => send(world, "DELETE", `/v2/${repository}/manifests/${TAG}`, repository),
  unpush: ({ repository, image }, world) =>
    send(world, "DELETE", `/v2/${repository}/manifests/${image.digest}`, repository),
  unlink: ({ repository, image }, world) =>
    send(world, "DELETE", `/v2/${repository}/blobs/${firstBlob(image).digest}`, repository),
  destroy: ({ repository }, world) =>
    send(world, "DELETE", `/api/v1/spaces/${repository.replace("/", "/repositories/")}`, null),
  undelete: ({ repository, image }, world) => undo(world, "deleted:undelete", repository, { digest: image.digest }),
  revert: ({ repository }, world) => undo(world, "tags:revert", repository, { tag: TAG }),
  /** Lets untagged content go. A rule that is there already is as good as a new one. */
  retain: async ({ repository }, world) => {
    const rule = JSON.stringify({ keep: { newest: 1 } });
    await send(world, "POST", `/api/v1/spaces/${spaceOf(repository)}/retention-rules`, null, rule);
    await runUpkeep(world.bindings);
    return 200;
  },
  upkeep: async (_, { bindings }) => {
    await runUpkeep(bindings);
    return 200;
  },
  /** Moves the clock between two looks at a row, so that it takes its turn with the others. */
  time: async (_, { bindings, clock }) => {
    for (let day = 0; day < 2; day++) {
      await bindings.DB.prepare("SELECT 1").first();
      clock.advance(DAY + 1);
    }
    return 200;
  },
};

export async function runAct(act: Act, world: World): Promise<Done> {
  return { ...act, status: await RUN[act.kind](act, world) };
}

/** Pushes as clients do, without content that is there already. Ends with the first answer that is no success. */
async function push({ repository, image }: Act, world: World): Promise<number> {
  for (const blob of blobsOf(image)) {
    const path = `/v2/${repository}/blobs/${blob.digest}`;
    const status = await send(world, "HEAD", path, repository);
    const sent = status === 404 ? await sendBlob(world, repository, blob) : 201;
    if (sent !== 201) return sent;
  }
  return send(world, "PUT", `/v2/${repository}/manifests/${TAG}`, repository, image.text, image.mediaType);
}

function undo(world: World, verb: "deleted:undelete" | "tags:revert", name: string, what: object): Promise<number> {
  const [space, repository] = name.split("/");
  return send(world, "POST", `/api/v1/spaces/${space}/${verb}`, null, JSON.stringify({ repository, ...what }));
}

function sendBlob(world: World, repository: string, { digest, bytes }: ModelBlob): Promise<number> {
  return send(world, "POST", `/v2/${repository}/blobs/uploads/?digest=${digest}`, repository, bytes);
}

function blobsOf({ needs }: ModelManifest): readonly ModelBlob[] {
  return needs.filter((need): need is ModelBlob => !isManifest(need));
}

function firstBlob(image: ModelManifest): ModelBlob {
  const [first] = blobsOf(image);
  if (first === undefined) throw new Error(`${image.name} has no blob`);
  return first;
}

/** Asks the Worker in this very context, where its calls can be told from others'. Returns the status. */
async function send(
  world: World,
  method: string,
  path: string,
  repository: string | null,
  body: BodyInit | null = null,
  type = "application/octet-stream",
): Promise<number> {
  const authorization = repository === null ? `Bearer ${env.ADMIN_TOKEN}` : `Bearer ${secretOf(world, repository)}`;
  const headers = { Authorization: authorization, "Content-Type": type };
  const request = new Request<unknown, IncomingRequestCfProperties>(new URL(path, ORIGIN), { method, headers, body });
  const context = createExecutionContext();
  const answer = await worker.fetch(request, world.bindings, context);
  await answer.arrayBuffer();
  await waitOnExecutionContext(context);
  return answer.status;
}
