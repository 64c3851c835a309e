import { mkdtemp, readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseRegistry } from "../../../src/cli/client/reference.ts";
import { openMemory } from "../../../src/cli/push/memory.ts";
import { randomLayer } from "../../../harness/images.ts";

const DAY = 24 * 60 * 60 * 1000;
const POSITION = { location: "https://registry.example.com/v2/a/b/blobs/uploads/1?state=x", offset: 90 };

const registry = parseRegistry("registry.example.com");
const { digest } = randomLayer(10).descriptor;
let cache = "";

beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), "cache-"));
});

afterEach(() => rm(cache, { recursive: true }));

async function remember(): Promise<string> {
  const memory = await openMemory({ XDG_CACHE_HOME: cache });
  await memory.upload({ registry, name: "a/b" }, digest).remember(POSITION);
  const directory = join(cache, "spacedock/uploads");
  return join(directory, (await readdir(directory))[0] ?? "");
}

describe("the position of an upload", () => {
  it("is found by a later run, for that blob of that repository of that registry", async () => {
    await remember();
    const memory = await openMemory({ XDG_CACHE_HOME: cache });
    expect(await memory.upload({ registry, name: "a/b" }, digest).recall()).toMatchObject(POSITION);
    expect(await memory.upload({ registry, name: "a/c" }, digest).recall()).toBeNull();
    expect(await memory.upload({ registry, name: "a/b" }, randomLayer(1).descriptor.digest).recall()).toBeNull();
    expect(
      await memory.upload({ registry: parseRegistry("other.example.com"), name: "a/b" }, digest).recall(),
    ).toBeNull();
  });

  it("is forgotten when the upload is done", async () => {
    await remember();
    const memory = await openMemory({ XDG_CACHE_HOME: cache });
    await memory.upload({ registry, name: "a/b" }, digest).remember(null);
    expect(await memory.upload({ registry, name: "a/b" }, digest).recall()).toBeNull();
  });

  it("is dropped after a day", async () => {
    const file = await remember();
    const age = async (milliseconds: number): Promise<unknown> => {
      const time = new Date(Date.now() - milliseconds);
      await utimes(file, time, time);
      const memory = await openMemory({ XDG_CACHE_HOME: cache });
      return memory.upload({ registry, name: "a/b" }, digest).recall();
    };
    expect(await age(DAY - 60_000)).toMatchObject(POSITION);
    expect(await age(DAY + 60_000)).toBeNull();
  });

  it("is for its owner's eyes only", async () => {
    expect((await stat(await remember())).mode & 0o077).toBe(0);
  });

  it("is none where the file is rubbish", async () => {
    await writeFile(await remember(), '{"location":"x","offset":0,"owner":null}');
    const memory = await openMemory({ XDG_CACHE_HOME: cache });
    expect(await memory.upload({ registry, name: "a/b" }, digest).recall()).toBeNull();
  });

  it("is not kept where it cannot be, and that is no failure", async () => {
    const file = join(cache, "file");
    await writeFile(file, "");
    const upload = (await openMemory({ XDG_CACHE_HOME: file })).upload({ registry, name: "a/b" }, digest);
    await upload.remember(POSITION);
    expect(await upload.recall()).toBeNull();
    await upload.remember(null);
  });
});
