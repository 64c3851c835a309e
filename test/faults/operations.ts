/** The operations that are tried while calls fail. Each row is one operation, with the state that must hold once it was acknowledged. */
import { expect } from "vitest";
import { bytesOf, digestOf, imageText, padded, pushBlob, pushImage, putManifest } from "../support/content.ts";
import { ask, manage } from "../support/registry.ts";
import { finish, isReadable, patch } from "../support/upload.ts";

/** A repository for one attempt, with seeds for content that is used nowhere else. */
export interface Place {
  readonly space: string;
  readonly path: string;
  readonly name: string;
  readonly as: string;
  readonly seed: number;
}

interface Attempt {
  readonly act: () => Promise<Response>;
  /** Fails if the acknowledged state does not hold. */
  readonly expectDone: () => Promise<void>;
}

export interface Operation {
  readonly name: string;
  /** Statuses that a repetition may answer if the first try took effect after all. */
  readonly doneBefore: readonly number[];
  readonly prepare: (place: Place) => Promise<Attempt>;
}

/** Bytes; a part in R2, and a tail. */
const LARGE = 5 * 1024 * 1024 + 100;

export const OPERATIONS: readonly Operation[] = [
  { name: "a blob pushed in one POST", doneBefore: [], prepare: (place) => blobPush(place, 100, postWhole) },
  { name: "a blob pushed by POST and PUT", doneBefore: [], prepare: (place) => blobPush(place, 100, putWhole) },
  { name: "a small blob pushed in chunks", doneBefore: [], prepare: (place) => blobPush(place, 100, sendChunks) },
  { name: "a large blob pushed in chunks", doneBefore: [], prepare: (place) => blobPush(place, LARGE, sendChunks) },
  { name: "a manifest pushed under a tag", doneBefore: [], prepare: (place) => manifestPush(place, null) },
  { name: "a long manifest pushed under a tag", doneBefore: [], prepare: (place) => manifestPush(place, 901_000) },
  { name: "a mount from a repository", doneBefore: [], prepare: (place) => mount(place, true) },
  { name: "a mount from anywhere", doneBefore: [], prepare: (place) => mount(place, false) },
  { name: "a tag deleted", doneBefore: [404], prepare: (place) => deletion(place, async () => "manifests/latest") },
  {
    name: "a manifest deleted",
    doneBefore: [404],
    prepare: (place) => deletion(place, async (text) => `manifests/${await digestOf(text)}`),
  },
  { name: "a blob deleted", doneBefore: [404], prepare: blobDeletion },
  { name: "a repository deleted", doneBefore: [404], prepare: repositoryDeletion },
  { name: "a manifest undeleted", doneBefore: [404], prepare: undeletion },
];

type Send = (place: Place, bytes: Uint8Array, digest: string) => Promise<Response>;

async function blobPush(place: Place, length: number, send: Send): Promise<Attempt> {
  const bytes = bytesOf(length, place.seed);
  const digest = await digestOf(bytes);
  return {
    act: () => send(place, bytes, digest),
    expectDone: async () => expect(await isReadable(place.name, place.as, digest)).toBe(true),
  };
}

function postWhole({ name, as }: Place, bytes: Uint8Array, digest: string): Promise<Response> {
  return ask(`/v2/${name}/blobs/uploads/?digest=${digest}`, { method: "POST", as, body: bytes });
}

/** Uploads a blob in one request. Each of these functions stops at the first answer that is no success. */
async function putWhole(place: Place, bytes: Uint8Array, digest: string): Promise<Response> {
  const started = await start(place);
  const session = started.headers.get("Location");
  return session === null ? started : finish(session, place.as, digest, bytes);
}

async function sendChunks(place: Place, bytes: Uint8Array, digest: string): Promise<Response> {
  const started = await start(place);
  const session = started.headers.get("Location");
  if (session === null) return started;
  const sent = await patch(session, place.as, bytes);
  return sent.ok ? finish(session, place.as, digest) : sent;
}

function start({ name, as }: Place): Promise<Response> {
  return ask(`/v2/${name}/blobs/uploads/`, { method: "POST", as });
}

async function manifestPush({ name, as, seed }: Place, length: number | null): Promise<Attempt> {
  const short = await imageText(name, as, seed);
  const text = length === null ? short : padded(short, length);
  return { act: () => putManifest(name, as, "latest", text), expectDone: () => expectTagged(name, as, text) };
}

async function expectTagged(name: string, as: string, text: string): Promise<void> {
  expect(await (await ask(`/v2/${name}/manifests/latest`, { as })).text()).toBe(text);
}

async function mount({ space, name, as, seed }: Place, isNamed: boolean): Promise<Attempt> {
  const source = `${space}/source`;
  const { digest } = await pushBlob(source, as, bytesOf(100, seed));
  const path = `/v2/${name}/blobs/uploads/?mount=${digest}${isNamed ? `&from=${source}` : ""}`;
  return {
    act: () => ask(path, { method: "POST", as }),
    expectDone: async () => expect(await isReadable(name, as, digest)).toBe(true),
  };
}

async function deletion({ name, as, seed }: Place, pathOf: (text: string) => Promise<string>): Promise<Attempt> {
  const { text } = await pushImage(name, as, "latest", seed);
  const path = `/v2/${name}/${await pathOf(text)}`;
  return { act: () => ask(path, { method: "DELETE", as }), expectDone: () => expectGone(path, as) };
}

async function blobDeletion({ name, as, seed }: Place): Promise<Attempt> {
  const { digest } = await pushBlob(name, as, bytesOf(100, seed));
  const path = `/v2/${name}/blobs/${digest}`;
  return { act: () => ask(path, { method: "DELETE", as }), expectDone: () => expectGone(path, as) };
}

async function repositoryDeletion({ space, path, name, as, seed }: Place): Promise<Attempt> {
  await pushImage(name, as, "latest", seed);
  return {
    act: () => manage("DELETE", `spaces/${space}/repositories/${path}`),
    expectDone: () => expectGone(`/v2/${name}/manifests/latest`, as),
  };
}

async function undeletion({ space, path, name, as, seed }: Place): Promise<Attempt> {
  const { text, digest } = await pushImage(name, as, "latest", seed);
  expect((await ask(`/v2/${name}/manifests/${digest}`, { method: "DELETE", as })).status).toBe(202);
  return {
    act: () => manage("POST", `spaces/${space}/deleted:undelete`, { repository: path, digest }),
    expectDone: () => expectTagged(name, as, text),
  };
}

async function expectGone(path: string, as: string): Promise<void> {
  expect((await ask(path, { as })).status).toBe(404);
}
