import * as z from "zod";
import type { Grant } from "../../auth/grant.ts";
import type { ReadMemory, StoredBlob } from "../../registry/stores.ts";
import { cacheAddress } from "./address.ts";
import { contentAddress, forgetContents } from "./forget.ts";
import { isKept, noteKept } from "./kept.ts";

/**
 * The id of the repository that a memory is about. A repository that is made anew under the same name has another one.
 */
const known = z.object({ repositoryId: z.int() });
const knownBlob = known.extend({ key: z.string(), size: z.int() });
const knownManifest = known.extend({
  mediaType: z.string(),
  size: z.int(),
  content: z.union([z.object({ body: z.string() }), z.object({ key: z.string() })]),
});

/**
 * Remembers confirmed reads in the data centre's cache. A read from here takes two facts, each of which the database
 * has confirmed within `seconds`: this credential may read in the repository, and the repository has the content.
 * @param later runs work that the answer need not wait for.
 * @param seconds 0: nothing is remembered.
 */
export function readMemory(cache: Cache, later: (work: Promise<unknown>) => void, seconds: number): ReadMemory {
  const read = async <S extends z.ZodType>(address: string, shape: S): Promise<z.output<S> | null> => {
    // A fault of the cache must not fail a pull.
    const json: unknown = await cache
      .match(address)
      .then((answer) => answer?.json())
      .catch(() => undefined);
    const parsed = shape.safeParse(json);
    return parsed.success ? parsed.data : null;
  };
  const recall = async <S extends typeof known>(
    grant: Grant,
    address: string,
    shape: S,
  ): Promise<z.output<S> | null> => {
    if (seconds === 0 || grant.repositoryId === null) return null;
    const [reader, content] = await Promise.all([read(readerAddress(grant), known), read(address, shape)]);
    const isConfirmed = [reader, content].every((one) => one?.repositoryId === grant.repositoryId);
    return isConfirmed ? content : null;
  };
  const put = (address: string, value: object): Promise<void> => {
    const headers = { "Cache-Control": `max-age=${seconds}`, "Content-Type": "application/json" };
    return cache.put(address, new Response(JSON.stringify(value), { headers }));
  };
  const putAll = (grant: Grant, contents: readonly Remembered[]): Promise<unknown> => {
    const { repositoryId } = grant;
    const facts = contents.map(({ address, content }) => put(address, { repositoryId, ...content }));
    return Promise.all([put(readerAddress(grant), { repositoryId }), ...facts]);
  };
  const canKeep = ({ repositoryId }: Grant): boolean => seconds > 0 && repositoryId !== null;

  return {
    async blob(grant, digest) {
      const found = await recall(grant, contentAddress("blobs", grant.name, digest), knownBlob);
      return found && { digest, key: found.key, size: found.size };
    },

    async manifest(grant, digest) {
      const found = await recall(grant, contentAddress("manifests", grant.name, digest), knownManifest);
      return found && { digest, mediaType: found.mediaType, size: found.size, content: found.content };
    },

    keepBlob(grant, blob) {
      if (canKeep(grant)) later(putAll(grant, [blobFact(grant, blob)]));
    },

    keepManifest(grant, { digest, mediaType, size, content, blobs }, unlessKept) {
      if (!canKeep(grant)) return;
      const address = contentAddress("manifests", grant.name, digest);
      const reader = `${readerAddress(grant)} ${grant.repositoryId}`;
      if (isKept(address, reader)) return;
      const keepAll = async (): Promise<void> => {
        if ((await recall(grant, address, knownManifest)) !== null) return;
        unlessKept();
        const manifest = { address, content: { mediaType, size, content } };
        await putAll(grant, [manifest, ...blobs.map((blob) => blobFact(grant, blob))]);
        noteKept(address, reader, seconds);
      };
      later(keepAll());
    },

    async forget(name, digest) {
      if (seconds > 0) await forgetContents(cache, [{ name, digest }]);
    },
  };
}

interface Remembered {
  readonly address: string;
  readonly content: object;
}

function blobFact({ name }: Grant, { digest, key, size }: StoredBlob): Remembered {
  return { address: contentAddress("blobs", name, digest), content: { key, size } };
}

/**
 * Makes the address of a reader as the database tells readers apart: a credential, or anybody while the repository is
 * public.
 */
function readerAddress({ name, credentialId, publicOnly }: Grant): string {
  return cacheAddress("readers", `${publicOnly ? "anybody" : credentialId}/${name.full}`);
}
