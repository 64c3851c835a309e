import { type Connection, connect } from "../../src/cli/client/connection.ts";
import { ping } from "../../src/cli/client/ping.ts";
import { parseRegistry } from "../../src/cli/client/reference.ts";
import type { Credential } from "../../src/cli/credentials/credential.ts";
import { CliError } from "../../src/cli/exit.ts";
import type { Digest } from "../../src/oci/digest.ts";

/** A registry that is measured. */
export interface Peer {
  /** The name in tables. */
  readonly name: string;
  /** The address without its credential. */
  readonly address: string;
  readonly credential: Credential | null;
  readonly connection: Connection;
  /** The path that all repositories of this run are below. */
  readonly root: string;
  readonly pushed: Pushed;
}

interface Content {
  readonly manifests: Set<Digest>;
  readonly blobs: Set<Digest>;
}

/** Pushed content, by repository. */
type Pushed = Map<string, Content>;

/**
 * Reads `http[s]://[user:password@]host[:port][/path][#name]`. Repositories are made below the path, and tables show
 * the name. Throws a usage error.
 */
export function openPeer(text: string, run: string): Peer {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new CliError("usage", `"${withoutPassword(text)}" is not an address: write http://host or https://host`);
  }
  const credential = credentialOf(url);
  const path = url.pathname.split("/").filter((part) => part !== "");
  return {
    name: decodeURIComponent(url.hash.slice(1)) || url.host,
    address: [url.origin, ...path].join("/"),
    credential,
    // Without patience, no request is tried again: the bench measures one request, and shows a failure.
    connection: connect(parseRegistry(url.origin), { env: process.env, credential, patience: 0 }),
    root: [...path, run].join("/"),
    pushed: new Map(),
  };
}

function credentialOf({ username, password }: URL): Credential | null {
  if (username === "" && password === "") return null;
  return { kind: "password", username: decodeURIComponent(username), secret: decodeURIComponent(password) };
}

function withoutPassword(text: string): string {
  return text.replace(/\/\/[^@]*@/, "//…@");
}

/** Checks that the registry is there. Throws if it is not, or if it refuses our login. */
export function requirePeer({ connection }: Peer): Promise<void> {
  return ping(connection);
}

/** Records a blob that a repository has received, for clean-up. */
export function noteBlob({ pushed }: Peer, repository: string, digest: Digest): void {
  contentOf(pushed, repository).blobs.add(digest);
}

/** Records a manifest that a repository has received, for clean-up. */
export function noteManifest({ pushed }: Peer, repository: string, digest: Digest): void {
  contentOf(pushed, repository).manifests.add(digest);
}

function contentOf(pushed: Pushed, repository: string): Content {
  const known = pushed.get(repository);
  if (known !== undefined) return known;
  const content = { manifests: new Set<Digest>(), blobs: new Set<Digest>() };
  pushed.set(repository, content);
  return content;
}
