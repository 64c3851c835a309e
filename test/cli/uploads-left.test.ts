import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseRegistry } from "../../src/cli/client/reference.ts";
import { openUploadsLeft } from "../../src/cli/uploads-left.ts";
import { randomLayer } from "./support/images.ts";

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
  const uploads = await openUploadsLeft({ XDG_CACHE_HOME: cache });
  await uploads.memory(registry, "a/b", digest).remember(POSITION);
  const directory = join(cache, "spacedock/uploads");
  return join(directory, (await readdir(directory))[0] ?? "");
}

describe("the position of an upload", () => {
  it("is found by a later run, for that blob of that repository of that registry", async () => {
    await remember();
    const uploads = await openUploadsLeft({ XDG_CACHE_HOME: cache });
    expect(await uploads.memory(registry, "a/b", digest).recall()).toEqual(POSITION);
    expect(await uploads.memory(registry, "a/c", digest).recall()).toBeNull();
    expect(await uploads.memory(registry, "a/b", randomLayer(1).descriptor.digest).recall()).toBeNull();
    expect(await uploads.memory(parseRegistry("other.example.com"), "a/b", digest).recall()).toBeNull();
  });

  it("is forgotten when the upload is done", async () => {
    await remember();
    const uploads = await openUploadsLeft({ XDG_CACHE_HOME: cache });
    await uploads.memory(registry, "a/b", digest).remember(null);
    expect(await uploads.memory(registry, "a/b", digest).recall()).toBeNull();
  });

  it("is dropped after a day", async () => {
    await remember();
    const soon = await openUploadsLeft({ XDG_CACHE_HOME: cache }, new Date(Date.now() + DAY - 60_000));
    expect(await soon.memory(registry, "a/b", digest).recall()).toEqual(POSITION);
    const later = await openUploadsLeft({ XDG_CACHE_HOME: cache }, new Date(Date.now() + DAY + 60_000));
    expect(await later.memory(registry, "a/b", digest).recall()).toBeNull();
  });

  it("is for its owner's eyes only", async () => {
    expect((await stat(await remember())).mode & 0o077).toBe(0);
  });

  it("is none where the file is rubbish", async () => {
    await writeFile(await remember(), '{"location":"file:///etc/passwd","offset":0}');
    const uploads = await openUploadsLeft({ XDG_CACHE_HOME: cache });
    expect(await uploads.memory(registry, "a/b", digest).recall()).toBeNull();
  });

  it("is not kept where it cannot be, and that is no failure", async () => {
    const file = join(cache, "file");
    await writeFile(file, "");
    const memory = (await openUploadsLeft({ XDG_CACHE_HOME: file })).memory(registry, "a/b", digest);
    await memory.remember(POSITION);
    expect(await memory.recall()).toBeNull();
    await memory.remember(null);
  });
});
