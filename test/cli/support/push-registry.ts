import type { IncomingMessage, ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { parseManifest } from "../../../src/oci/manifest.ts";
import { digestOf } from "../../../src/cli/client/digests.ts";
import { refuse, reply, urlOf } from "./server.ts";
import { UploadRegistry } from "./upload-registry.ts";

interface StoredManifest {
  readonly bytes: Buffer;
  readonly mediaType: string;
}

/** A registry in memory to push to. It refuses a manifest until everything that it needs is there. */
export class PushRegistry {
  readonly uploads = new UploadRegistry();
  /** Manifests by repository and reference: `acme/web:1`, `acme/web@sha256:…`. */
  readonly manifests = new Map<string, StoredManifest>();
  /** Blobs that may be mounted: `<repository> <digest>`. */
  readonly elsewhere = new Map<string, Buffer>();
  /** The requests, as `PUT /v2/acme/web/manifests/1`. */
  readonly log: string[] = [];
  listsReferrers = true;
  /** Answers to give instead, by the start of a request's line in the log. */
  readonly refusals = new Map<string, { readonly status: number; readonly code: string }>();

  readonly listener = (request: IncomingMessage, response: ServerResponse): void => {
    const { pathname, searchParams } = urlOf(request);
    const line = `${request.method ?? ""} ${pathname}`;
    this.log.push(line);
    const refusal = [...this.refusals].find(([start]) => line.startsWith(start))?.[1];
    const [, name = "", reference = ""] = /^\/v2\/(.+)\/manifests\/(.+)$/.exec(pathname) ?? [];
    if (refusal !== undefined) refuse(response, refusal.status, refusal.code);
    else if (pathname === "/v2/") reply(response, 200);
    else if (reference !== "") void this.#manifest(request, response, name, reference);
    else if (request.method === "GET" && /\/blobs\/sha256:/.test(pathname)) {
      const blob = this.blobs.get(pathname.slice(pathname.indexOf("sha256:")));
      response.writeHead(blob === undefined ? 404 : 200).end(blob);
    } else if (searchParams.has("mount") && this.#mount(searchParams)) reply(response, 201);
    else if (request.method === "DELETE") reply(response, 204);
    else this.uploads.listener(request, response);
  };

  /** The blobs, by digest. */
  get blobs(): ReadonlyMap<string, Buffer> {
    return this.uploads.blobs;
  }

  /** The tags, and digests that have been pushed by themselves. */
  get references(): readonly string[] {
    return [...this.manifests.keys()];
  }

  /** The bytes of blobs that came in, even if they were not kept. */
  get received(): number {
    return this.uploads.seen.reduce((sum, { received }) => sum + received, 0);
  }

  #mount(query: URLSearchParams): boolean {
    const digest = query.get("mount") ?? "";
    const bytes = this.elsewhere.get(`${query.get("from") ?? ""} ${digest}`);
    if (bytes !== undefined) this.uploads.blobs.set(digest, bytes);
    return bytes !== undefined;
  }

  async #manifest(request: IncomingMessage, response: ServerResponse, name: string, reference: string): Promise<void> {
    const key = `${name}${reference.includes(":") ? "@" : ":"}${reference}`;
    if (request.method !== "PUT") {
      const { bytes, mediaType } = this.manifests.get(key) ?? { bytes: Buffer.alloc(0), mediaType: "" };
      response.writeHead(mediaType === "" ? 404 : 200, { "content-type": mediaType, "content-length": bytes.length });
      response.end(request.method === "HEAD" ? undefined : bytes);
      return undefined;
    }
    const bytes = await buffer(request);
    const mediaType = request.headers["content-type"] ?? "";
    const { references, subject } = parseManifest(bytes, mediaType);
    const isComplete = references.every(
      ({ digest, size }) => this.blobs.get(digest)?.length === size || this.manifests.has(`${name}@${digest}`),
    );
    if (!isComplete) return refuse(response, 400, "MANIFEST_BLOB_UNKNOWN");
    this.manifests.set(key, { bytes, mediaType });
    this.manifests.set(`${name}@${digestOf(bytes)}`, { bytes, mediaType });
    reply(response, 201, subject === null || !this.listsReferrers ? {} : { "oci-subject": subject });
  }
}
