import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { sha256, writeFiles } from "./archives.ts";

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/** Adds a manifest to a layout, with the layout's own image or another manifest as its subject. */
export async function addReferrer(layout: string, text: string, about?: Descriptor): Promise<Descriptor> {
  const file = join(layout, "index.json");
  const listed: { manifests: Descriptor[] } = JSON.parse(await readFile(file, "utf8"));
  const [first] = listed.manifests;
  if (first === undefined) throw new Error("the layout is empty");
  const { mediaType, digest, size } = about ?? first;
  const empty = Buffer.from("{}");
  const config = { mediaType: "application/vnd.oci.empty.v1+json", digest: `sha256:${sha256(empty)}`, size: 2 };
  const bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      artifactType: "application/vnd.test",
      config,
      layers: [],
      subject: { mediaType, digest, size },
      annotations: { text },
    }),
  );
  const descriptor = { mediaType, digest: `sha256:${sha256(bytes)}`, size: bytes.length };
  await writeFiles(layout, {
    [`blobs/sha256/${sha256(empty)}`]: empty,
    [`blobs/sha256/${sha256(bytes)}`]: bytes,
    "index.json": JSON.stringify({ ...listed, manifests: [...listed.manifests, descriptor] }),
  });
  return descriptor;
}

/** Returns the largest file among a layout's blobs. */
export async function largestBlob(layout: string): Promise<string> {
  const directory = join(layout, "blobs/sha256");
  const files = await Promise.all(
    (await readdir(directory)).map(async (name) => ({ name, size: (await readFile(join(directory, name))).length })),
  );
  return join(directory, files.toSorted((a, b) => b.size - a.size)[0]?.name ?? "");
}

/** Returns the file of the first manifest that a file lists. */
export async function firstManifest(layout: string, file: string): Promise<string> {
  const [, hex = ""] = /"manifests":\[\{[^}]*"digest":"sha256:([0-9a-f]+)"/.exec(await readFile(file, "utf8")) ?? [];
  return join(layout, "blobs/sha256", hex);
}
