import { createHash, randomBytes } from "node:crypto";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { run } from "../../../harness/live/run.ts";

const env = { PATH: process.env["PATH"] ?? "" };

/** Packs a whole directory with the system's tar. */
export async function pack(directory: string, archive: string, ...options: readonly string[]): Promise<string> {
  await run("tar", ["--create", `--file=${archive}`, ...options, `--directory=${directory}`, "."], { env });
  return archive;
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Writes files, with the directories above them. */
export async function writeFiles(
  directory: string,
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(directory, name)), { recursive: true });
    await writeFile(join(directory, name), content);
  }
}

interface DockerTree {
  /** The layers, uncompressed, in order. */
  readonly layers: readonly Buffer[];
  readonly config: Buffer;
}

/**
 * Writes the content of an archive by `docker save` before version 25: a directory for each layer, and a
 * link if two layers are the same.
 * @param store makes a layer's file
 * @param zeros the number of zeros at the end of the first layer
 */
export async function writeDockerTree(
  directory: string,
  tags: readonly string[],
  store: (layer: Buffer) => Uint8Array = (layer) => layer,
  zeros = 50_000,
): Promise<DockerTree> {
  // Zeros, so that they can be compressed.
  const layers = [Buffer.concat([randomBytes(3000), Buffer.alloc(zeros)]), randomBytes(4000)];
  const diffIds = [...layers, layers[0] ?? Buffer.alloc(0)].map((layer) => `sha256:${sha256(layer)}`);
  const config = Buffer.from(
    JSON.stringify({ architecture: "amd64", os: "linux", rootfs: { type: "layers", diff_ids: diffIds } }),
  );
  const image = {
    Config: `${sha256(config)}.json`,
    RepoTags: tags,
    Layers: ["one/layer.tar", "two/layer.tar", "three/layer.tar"],
  };
  await writeFiles(directory, {
    [image.Config]: config,
    "manifest.json": JSON.stringify([image]),
    "one/layer.tar": store(layers[0] ?? Buffer.alloc(0)),
    "two/layer.tar": store(layers[1] ?? Buffer.alloc(0)),
    "three/VERSION": "1.0",
  });
  await symlink("../one/layer.tar", join(directory, "three/layer.tar"));
  return { layers, config };
}
