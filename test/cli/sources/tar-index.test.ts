import { randomBytes } from "node:crypto";
import { link, open, readFile, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { indexTar, type TarIndex } from "../../../src/cli/sources/tar-index.ts";
import { run } from "../../../harness/live/run.ts";
import { pack, writeFiles } from "../support/archives.ts";
import { scratchDirectory } from "../support/scratch.ts";

const env = { PATH: process.env["PATH"] ?? "" };
const scratch = await scratchDirectory();
const long = `${"a-directory-with-a-long-name/".repeat(10)}file`;
const content = randomBytes(5000);

async function index(archive: string): Promise<TarIndex | null> {
  const handle = await open(archive);
  try {
    const { size } = await handle.stat();
    return await indexTar({ handle, offset: 0, length: size, name: "image.tar" });
  } finally {
    await handle.close();
  }
}

/** Makes an archive of the same few files. */
async function archiveOf(name: string, ...options: readonly string[]): Promise<string> {
  const tree = join(scratch, name);
  await writeFiles(tree, { "blobs/sha256/one": content, [long]: "far away", empty: "" });
  await symlink("../blobs/sha256/one", join(tree, "blobs/soft"));
  await symlink("soft", join(tree, "blobs/softer"));
  await symlink("circle", join(tree, "circle"));
  await link(join(tree, "blobs/sha256/one"), join(tree, "hard"));
  return pack(tree, join(scratch, `${name}.tar`), ...options);
}

describe("the index of an archive", () => {
  it.each(["gnu", "posix"])("says where each file's bytes lie: %s", async (format) => {
    const archive = await archiveOf(format, `--format=${format}`);
    const all = await readFile(archive);
    const found = await index(archive);
    const bytesOf = (path: string): Buffer | null => {
      const entry = found?.find(path) ?? null;
      return entry === null ? null : all.subarray(entry.offset, entry.offset + entry.size);
    };
    expect(found?.isComplete).toBe(true);
    expect(bytesOf(long)).toEqual(Buffer.from("far away"));
    expect(bytesOf("empty")).toEqual(Buffer.alloc(0));
    for (const path of ["blobs/sha256/one", "./blobs/sha256/one", "blobs/soft", "blobs/softer", "hard"]) {
      expect(bytesOf(path)).toEqual(content);
    }
    for (const path of ["circle", "blobs", "nothing"]) expect(bytesOf(path)).toBeNull();
  });

  it("takes the later of two files of one name", async () => {
    const tree = join(scratch, "twice");
    await writeFiles(tree, { file: "old" });
    const archive = await pack(tree, join(scratch, "twice.tar"));
    await writeFiles(tree, { file: "newer" });
    await run("tar", ["--append", `--file=${archive}`, `--directory=${tree}`, "."], { env });
    expect((await index(archive))?.find("file")?.size).toBe(5);
  });

  it("finds that an archive is cut off in the middle of a file", async () => {
    const archive = await archiveOf("cut");
    const whole = await index(archive);
    await truncate(archive, (whole?.find("blobs/sha256/one")?.offset ?? 0) + 100);
    await expect(index(archive)).rejects.toMatchObject({
      kind: "invalid",
      message: expect.stringContaining("image.tar is truncated: it ends in the middle of ./"),
    });
  });

  it("finds that an archive has no end", async () => {
    const archive = await archiveOf("endless");
    const bytes = await readFile(archive);
    let end = bytes.length;
    while (bytes[end - 1] === 0) end -= 1;
    await truncate(archive, Math.ceil(end / 512) * 512);
    expect((await index(archive))?.isComplete).toBe(false);
  });

  it("finds that an archive is damaged", async () => {
    const archive = await archiveOf("damaged");
    const bytes = await readFile(archive);
    const second = 512;
    bytes.write("rubbish", second);
    await writeFile(archive, bytes);
    await expect(index(archive)).rejects.toMatchObject({
      kind: "invalid",
      message: "image.tar is damaged: the entry at byte 512 is missing",
    });
  });

  it.each([
    ["nothing", Buffer.alloc(0)],
    ["zeros", Buffer.alloc(10_240)],
    ["text", Buffer.from("no archive\n".repeat(1000))],
    ["bytes that are no numbers", Buffer.alloc(5000, 0xff)],
  ])("is none for %s", async (name, bytes) => {
    const file = join(scratch, name);
    await writeFile(file, bytes);
    expect(await index(file)).toBeNull();
  });
});
