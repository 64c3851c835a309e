import { type Access, ask } from "../../../harness/live/ask.ts";
import { sha256 } from "../../../harness/live/sha256.ts";
import { pushBlobs } from "./push.ts";

const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const INDEX = "application/vnd.oci.image.index.v1+json";
const EMPTY = { mediaType: "application/vnd.oci.empty.v1+json", size: 2 };

async function put(access: Access, repository: string, reference: string, type: string, body: object): Promise<string> {
  const bytes = new Uint8Array(Buffer.from(JSON.stringify(body)));
  const digest = sha256(bytes);
  await ask(access, "PUT", `/v2/${repository}/manifests/${reference === "" ? digest : reference}`, {
    expect: [201],
    body: bytes,
    headers: { "Content-Type": type },
  });
  return digest;
}

/** Tags an index of existing manifests, one for each platform. Returns its digest. */
export function pushIndex(
  access: Access,
  repository: string,
  tag: string,
  platforms: Readonly<Record<string, { readonly digest: string; readonly size: number }>>,
): Promise<string> {
  const manifests = Object.entries(platforms).map(([platform, { digest, size }]) => {
    const [os, architecture] = platform.split("/");
    return { mediaType: MANIFEST, digest, size, platform: { os, architecture } };
  });
  return put(access, repository, tag, INDEX, { schemaVersion: 2, mediaType: INDEX, manifests });
}

/**
 * Pushes content that is no image: a chart by its config's type, or a referrer of a subject.
 * @param more fields of the manifest, such as `subject`, `artifactType` and `annotations`
 * @param tag empty for none
 */
export async function pushArtifact(
  access: Access,
  repository: string,
  tag: string,
  more: object = {},
): Promise<string> {
  const bytes = new Uint8Array(Buffer.from("{}"));
  const digest = sha256(bytes);
  await pushBlobs(access, repository, [{ digest, bytes }]);
  const config = { ...EMPTY, digest };
  return put(access, repository, tag, MANIFEST, { schemaVersion: 2, mediaType: MANIFEST, config, layers: [], ...more });
}

/** Returns the bytes of an existing manifest. */
export async function sizeOf(access: Access, repository: string, digest: string): Promise<number> {
  const { bytes } = await ask(access, "GET", `/v2/${repository}/manifests/${digest}`, { expect: [200] });
  return bytes.length;
}
