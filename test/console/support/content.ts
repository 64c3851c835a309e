import { OCI_CONFIG, OCI_LAYER, OCI_MANIFEST } from "../../../harness/images.ts";
import { type Access, ask } from "../../../harness/live/ask.ts";
import { blobOf, pushBlob as pushContent } from "../../../harness/live/image.ts";

/** Content of any kind, pushed as a client does. */

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

export async function pushBlob(
  access: Access,
  repository: string,
  bytes: Uint8Array<ArrayBuffer>,
  mediaType = OCI_LAYER,
): Promise<Descriptor> {
  const blob = blobOf(bytes);
  await pushContent(access, repository, blob);
  return { mediaType, digest: blob.digest, size: bytes.length };
}

export function jsonBytes(value: unknown): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(JSON.stringify(value)));
}

export function pushJson(access: Access, repository: string, value: unknown, mediaType: string): Promise<Descriptor> {
  return pushBlob(access, repository, jsonBytes(value), mediaType);
}

interface ManifestPush {
  /** Null to push by digest alone. */
  readonly tag: string | null;
  readonly document: object;
  readonly mediaType?: string;
}

/** Pushes a manifest or index. Everything that it needs must be there. */
export async function pushDocument(
  access: Access,
  repository: string,
  { tag, document, mediaType = OCI_MANIFEST }: ManifestPush,
): Promise<Descriptor> {
  const { digest, bytes } = blobOf(jsonBytes({ schemaVersion: 2, mediaType, ...document }));
  await ask(access, "PUT", `/v2/${repository}/manifests/${tag ?? digest}`, {
    expect: [201],
    body: bytes,
    headers: { "Content-Type": mediaType },
  });
  return { mediaType, digest, size: bytes.length };
}

interface ImagePush {
  readonly tag: string | null;
  readonly layers: readonly Descriptor[];
  readonly config: object;
  readonly more?: object;
}

export async function pushImage(
  access: Access,
  repository: string,
  { tag, layers, config, more = {} }: ImagePush,
): Promise<Descriptor> {
  const descriptor = await pushJson(access, repository, config, OCI_CONFIG);
  return pushDocument(access, repository, { tag, document: { config: descriptor, layers, ...more } });
}

const EMPTY = "application/vnd.oci.empty.v1+json";

/** Attaches a JSON document to a subject, as oras does. */
export async function attach(
  access: Access,
  repository: string,
  subject: Descriptor,
  { type, value, annotations = {} }: { readonly type: string; readonly value: unknown; readonly annotations?: object },
): Promise<Descriptor> {
  const config = await pushJson(access, repository, {}, EMPTY);
  const layer = await pushJson(access, repository, value, type);
  return pushDocument(access, repository, {
    tag: null,
    document: { artifactType: type, config, layers: [layer], subject, annotations },
  });
}
