import { type Digest, digestAlgorithm, parseDigest } from "../../oci/digest.ts";
import { MAX_MANIFEST_BYTES } from "../../oci/manifest.ts";
import { essence, MANIFEST_TYPES } from "../../oci/media-types.ts";
import { CliError } from "../exit.ts";
import type { Connection } from "./connection.ts";
import { digestOf } from "./digests.ts";
import { deleteScope, pullScope, pushScope, repositoryPath } from "./repository.ts";
import { type Answer, drain, readBytes } from "./transport.ts";

/** A manifest's bytes as the registry has them, whose digest has been checked. */
export interface RemoteManifest {
  readonly bytes: Buffer;
  readonly mediaType: string;
  readonly digest: Digest;
}

export interface ManifestHead {
  readonly mediaType: string;
  /** Null where the registry does not tell. */
  readonly digest: Digest | null;
  /** Bytes; likewise. */
  readonly size: number | null;
}

const ACCEPT = Object.keys(MANIFEST_TYPES).join(", ");

/** end-3: what a tag or digest stands for; null where there is nothing. */
export async function headManifest(
  connection: Connection,
  name: string,
  reference: string,
): Promise<ManifestHead | null> {
  const answer = await askManifest(connection, "HEAD", name, reference);
  await drain(answer);
  if (answer.status === 404) return null;
  const length = answer.headers.get("content-length");
  return {
    mediaType: mediaTypeOf(answer),
    digest: parseDigest(answer.headers.get("docker-content-digest") ?? ""),
    size: length === undefined ? null : Number(length),
  };
}

/** end-3: the manifest, or null. Throws an `invalid` CliError where the bytes are not those of the digest. */
export async function getManifest(
  connection: Connection,
  name: string,
  reference: string,
): Promise<RemoteManifest | null> {
  const answer = await askManifest(connection, "GET", name, reference);
  if (answer.status === 404) {
    await drain(answer);
    return null;
  }
  const bytes = await readBytes(answer, MAX_MANIFEST_BYTES + 1);
  if (bytes.length > MAX_MANIFEST_BYTES)
    throw new CliError("invalid", `${name}: the manifest ${reference} is over 4 MiB`);
  const expected = parseDigest(reference) ?? parseDigest(answer.headers.get("docker-content-digest") ?? "");
  const digest = digestOf(bytes, expected === null ? "sha256" : digestAlgorithm(expected));
  if (expected !== null && digest !== expected) {
    throw new CliError("invalid", `${name}: the manifest ${expected} came with the digest ${digest}`);
  }
  return { bytes, mediaType: mediaTypeOf(answer), digest };
}

/** end-7: stores a manifest under a tag, or under its own digest. */
export async function putManifest(
  connection: Connection,
  name: string,
  reference: string,
  manifest: Pick<RemoteManifest, "bytes" | "mediaType">,
): Promise<{ readonly digest: Digest; readonly subject: Digest | null }> {
  const answer = await connection.ask({
    method: "PUT",
    address: repositoryPath({ name }, `manifests/${reference}`),
    scopes: [pushScope({ name })],
    headers: { "content-type": manifest.mediaType },
    body: { length: manifest.bytes.length, open: () => manifest.bytes },
    expect: [201],
    retry: true,
  });
  await drain(answer);
  const algorithm = digestAlgorithm(parseDigest(reference) ?? digestOf(manifest.bytes));
  return {
    digest: digestOf(manifest.bytes, algorithm),
    subject: parseDigest(answer.headers.get("oci-subject") ?? ""),
  };
}

/** end-9: deletes a manifest, or a tag. False where there was none. */
export async function deleteManifest(connection: Connection, name: string, reference: string): Promise<boolean> {
  const answer = await connection.ask({
    method: "DELETE",
    address: repositoryPath({ name }, `manifests/${reference}`),
    scopes: [deleteScope({ name })],
    expect: [200, 202, 204, 404],
  });
  await drain(answer);
  return answer.status !== 404;
}

function askManifest(connection: Connection, method: "GET" | "HEAD", name: string, reference: string): Promise<Answer> {
  return connection.ask({
    method,
    address: repositoryPath({ name }, `manifests/${reference}`),
    scopes: [pullScope({ name })],
    headers: { accept: ACCEPT },
    expect: [200, 404],
  });
}

function mediaTypeOf(answer: Answer): string {
  return essence(answer.headers.get("content-type") ?? "");
}
