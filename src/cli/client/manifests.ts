import { type Digest, digestAlgorithm, parseDigest } from "../../oci/digest.ts";
import { MAX_MANIFEST_BYTES } from "../../oci/manifest.ts";
import { essence, MANIFEST_TYPES } from "../../oci/media-types.ts";
import { CliError } from "../exit.ts";
import { askWhole, type Connection, NO_HEAD, type Question } from "./connection.ts";
import { digestOf } from "./digests.ts";
import { deleteScope, pullScope, pushScope, repositoryPath } from "./repository.ts";
import { type Answer, drain } from "./transport.ts";

/** A manifest's bytes as the registry has them. Their digest has been checked. */
export interface RemoteManifest {
  readonly bytes: Buffer;
  readonly mediaType: string;
  readonly digest: Digest;
}

export interface ManifestHead {
  readonly mediaType: string;
  /** The digest; null if the registry does not say. */
  readonly digest: Digest | null;
  /** The size in bytes; null if the registry does not say. */
  readonly size: number | null;
}

const ACCEPT = Object.keys(MANIFEST_TYPES).join(", ");

/**
 * Looks up the manifest of a tag or digest (end-3); null if there is none. Reads the manifest instead if the registry,
 * or a proxy before it, refuses HEAD.
 */
export async function headManifest(
  connection: Connection,
  name: string,
  reference: string,
): Promise<ManifestHead | null> {
  const answer = await connection.ask(manifestQuestion("HEAD", name, reference, [200, 404, ...NO_HEAD]));
  await drain(answer);
  if (answer.status === 404) return null;
  if (answer.status !== 200) return headOf(await getManifest(connection, name, reference));
  const length = answer.headers.get("content-length");
  return {
    mediaType: mediaTypeOf(answer),
    digest: parseDigest(answer.headers.get("docker-content-digest") ?? ""),
    size: length === undefined ? null : Number(length),
  };
}

function headOf(manifest: RemoteManifest | null): ManifestHead | null {
  return manifest === null
    ? null
    : { mediaType: manifest.mediaType, digest: manifest.digest, size: manifest.bytes.length };
}

/**
 * Reads a manifest (end-3); null if there is none. Throws an `invalid` CliError if the bytes do not match the digest.
 */
export async function getManifest(
  connection: Connection,
  name: string,
  reference: string,
): Promise<RemoteManifest | null> {
  const question = manifestQuestion("GET", name, reference, [200, 404]);
  const { answer, bytes } = await askWhole(connection, question, MAX_MANIFEST_BYTES + 1);
  if (answer.status === 404) return null;
  if (bytes.length > MAX_MANIFEST_BYTES)
    throw new CliError("invalid", `${name}: the manifest ${reference} is over 4 MiB`);
  const expected = parseDigest(reference) ?? parseDigest(answer.headers.get("docker-content-digest") ?? "");
  const digest = digestOf(bytes, expected === null ? "sha256" : digestAlgorithm(expected));
  if (expected !== null && digest !== expected) {
    throw new CliError("invalid", `${name}: the manifest ${expected} came with the digest ${digest}`);
  }
  return { bytes, mediaType: mediaTypeOf(answer), digest };
}

/** Stores a manifest under a tag, or under its own digest (end-7). */
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

/** Deletes a manifest or a tag (end-9). Returns false if there was none. */
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

function manifestQuestion(
  method: "GET" | "HEAD",
  name: string,
  reference: string,
  expect: readonly number[],
): Question {
  return {
    method,
    address: repositoryPath({ name }, `manifests/${reference}`),
    scopes: [pullScope({ name })],
    headers: { accept: ACCEPT },
    expect,
  };
}

function mediaTypeOf(answer: Answer): string {
  return essence(answer.headers.get("content-type") ?? "");
}
