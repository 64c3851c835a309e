import { createHash, randomBytes } from "node:crypto";
import { mkdir, open, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

const pieceSize = 4 * 1024 * 1024;

/** Makes a layout with one layer of random bytes of any size, tagged `latest`. Returns the digest of its manifest. */
export async function makeBigLayout(layout: string, size: number): Promise<string> {
  const blobs = join(layout, "blobs/sha256");
  await mkdir(blobs, { recursive: true });
  const store = async (mediaType: string, value: unknown): Promise<Descriptor> => {
    const bytes = Buffer.from(JSON.stringify(value));
    const hex = createHash("sha256").update(bytes).digest("hex");
    await writeFile(join(blobs, hex), bytes);
    return { mediaType, digest: `sha256:${hex}`, size: bytes.length };
  };
  const layer = await writeLayer(blobs, size);
  const rootfs = { type: "layers", diff_ids: [layer] };
  const config = await store("application/vnd.oci.image.config.v1+json", {
    architecture: "amd64",
    os: "linux",
    rootfs,
  });
  const mediaType = "application/vnd.oci.image.manifest.v1+json";
  const layers = [{ mediaType: "application/vnd.oci.image.layer.v1.tar", digest: layer, size }];
  const root = await store(mediaType, { schemaVersion: 2, mediaType, config, layers });
  const annotations = { "org.opencontainers.image.ref.name": "latest" };
  await writeFile(join(layout, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
  await writeFile(
    join(layout, "index.json"),
    JSON.stringify({ schemaVersion: 2, manifests: [{ ...root, annotations }] }),
  );
  return root.digest;
}

async function writeLayer(blobs: string, size: number): Promise<string> {
  const hash = createHash("sha256");
  const draft = join(blobs, "draft");
  const file = await open(draft, "w");
  try {
    for (let left = size; left > 0; left -= pieceSize) {
      const piece = randomBytes(Math.min(left, pieceSize));
      hash.update(piece);
      await file.write(piece);
    }
  } finally {
    await file.close();
  }
  const hex = hash.digest("hex");
  await rename(draft, join(blobs, hex));
  return `sha256:${hex}`;
}
