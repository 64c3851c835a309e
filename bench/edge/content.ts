import { createHash, randomBytes } from "node:crypto";

/** Bytes with their digest. */
export interface Content {
  readonly bytes: Buffer;
  readonly digest: string;
}

/** Content to push and pull. It is never the same twice, so that no registry knows it beforehand. */
export interface Pushed {
  readonly tag: string;
  readonly manifest: Content;
  readonly config: Content;
  readonly layers: readonly Content[];
}

const MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json";
const CONFIG_TYPE = "application/vnd.oci.image.config.v1+json";
const LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar+gzip";

let made = 0;

/** Makes new content. @param sizes the sizes of its layers, in bytes */
export function makePushed(sizes: readonly number[]): Pushed {
  made += 1;
  const layers = sizes.map((size) => randomContent(size));
  const config = contentOf(
    JSON.stringify({ architecture: "amd64", os: "linux", nonce: randomBytes(8).toString("hex") }),
  );
  const manifest = contentOf(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST_TYPE,
      config: descriptor(CONFIG_TYPE, config),
      layers: layers.map((layer) => descriptor(LAYER_TYPE, layer)),
    }),
  );
  return { tag: `t${made}`, manifest, config, layers };
}

export function randomContent(size: number): Content {
  return contentOf(randomBytes(size));
}

export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

function contentOf(content: string | Buffer): Content {
  const bytes = Buffer.from(content);
  return { bytes, digest: digestOf(bytes) };
}

function descriptor(mediaType: string, { bytes, digest }: Content): object {
  return { mediaType, size: bytes.length, digest };
}
