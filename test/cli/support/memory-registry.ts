import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import * as z from "zod";
import type { Content, TestImage } from "../../../harness/images.ts";
import { refuse, reply, urlOf } from "./server.ts";
import { UploadRegistry } from "./upload-registry.ts";

const document = z.looseObject({
  config: z.looseObject({ digest: z.string() }).optional(),
  layers: z.array(z.looseObject({ digest: z.string(), mediaType: z.string() })).optional(),
  manifests: z.array(z.looseObject({ digest: z.string() })).optional(),
  subject: z.looseObject({ digest: z.string() }).optional(),
  artifactType: z.string().optional(),
});

interface StoredManifest {
  readonly bytes: Buffer;
  readonly mediaType: string;
}

interface Logged {
  readonly method: string;
  /** The address without `/v2/<name>/`, with its query. */
  readonly what: string;
  readonly name: string;
  readonly authorization: string | null;
  readonly range: string | null;
  /** The value of the header by which a request says that it only looks; null if it does not. */
  readonly look: string | null;
  /** Bytes of a blob that were sent. */
  sent: number;
}

/** A whole registry in memory, with faults on demand. It has the same content in every repository. */
export class MemoryRegistry {
  readonly uploads = new UploadRegistry();
  readonly manifests = new Map<string, StoredManifest>();
  readonly tags = new Map<string, string>();
  readonly log: Logged[] = [];
  hasReferrersList = true;
  /** Tags a page. */
  pageSize = 1000;
  /** Blobs that may be mounted. */
  readonly mountable = new Set<string>();
  /** The value of Authorization that is let in; null to let in all. */
  authorization: string | null = null;
  /** Answers in the registry's place if it returns true. */
  intercept: (request: IncomingMessage, response: ServerResponse, logged: Logged) => boolean = () => false;

  readonly listener = (request: IncomingMessage, response: ServerResponse): void => {
    void this.#serve(request, response);
  };

  get blobs(): Map<string, Buffer> {
    return this.uploads.blobs;
  }

  /** Adds an image with all its parts. */
  add(image: TestImage, ...tags: readonly string[]): void {
    for (const part of [...image.parts, image]) this.addPart(part);
    for (const tag of tags) this.tags.set(tag, image.descriptor.digest);
  }

  addPart({ descriptor: { digest, mediaType }, bytes }: Content): void {
    if (/manifest|image\.index/.test(mediaType)) this.manifests.set(digest, { bytes, mediaType });
    else this.blobs.set(digest, bytes);
  }

  /** Returns the requests, as in "GET manifests/1". */
  asked(filter: RegExp = /./): string[] {
    return this.log.map(({ method, what }) => `${method} ${what}`).filter((line) => filter.test(line));
  }

  /** Returns the bytes of blobs that were sent. */
  sent(): number {
    return this.log.reduce((sum, { sent }) => sum + sent, 0);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, search, searchParams } = urlOf(request);
    const [, name = "", rest = ""] = /^\/v2\/(.*?)\/((?:manifests|blobs|tags|referrers)\/.*)$/.exec(pathname) ?? [];
    const authorization = request.headers.authorization ?? null;
    const method = request.method ?? "";
    const logged: Logged = {
      method,
      what: rest + search,
      name,
      authorization,
      range: request.headers.range ?? null,
      look: [request.headers["spacedock-look"]].flat()[0] ?? null,
      sent: 0,
    };
    this.log.push(logged);
    if (this.intercept(request, response, logged)) return;
    if (this.authorization !== null && authorization !== this.authorization) {
      return refuse(response, 401, "UNAUTHORIZED", { "www-authenticate": 'Basic realm="test"' });
    }
    const [, kind = "", id = ""] = /^(.*?)\/(.*)$/.exec(rest) ?? [];
    if (kind === "manifests") return this.#manifest(request, response, id);
    if (kind === "tags") return this.#tagList(response, searchParams.get("last"), pathname);
    if (kind === "referrers") return this.#referrers(response, id);
    const mounted = searchParams.get("mount");
    if (mounted !== null && this.mountable.has(mounted)) return reply(response, 201);
    if (id.startsWith("uploads/") || method === "HEAD") return this.uploads.listener(request, response);
    this.#blob(request, response, id, logged);
  }

  async #manifest(request: IncomingMessage, response: ServerResponse, reference: string): Promise<void> {
    if (request.method === "PUT") return this.#putManifest(request, response, reference);
    const digest = this.tags.get(reference) ?? reference;
    const found = this.manifests.get(digest);
    if (found === undefined) return refuse(response, 404, "MANIFEST_UNKNOWN");
    const { bytes, mediaType } = found;
    response.writeHead(200, {
      "content-type": mediaType,
      "content-length": String(bytes.length),
      "docker-content-digest": digest,
    });
    response.end(request.method === "HEAD" ? undefined : bytes);
  }

  /** Stores a manifest. Like Spacedock, it refuses one whose parts are absent. */
  async #putManifest(request: IncomingMessage, response: ServerResponse, reference: string): Promise<void> {
    const bytes = await buffer(request);
    const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
    const { config, layers = [], manifests = [], subject } = document.parse(JSON.parse(bytes.toString()));
    const needed = [
      ...(config ? [config] : []),
      ...layers.filter(({ mediaType }) => !/foreign|nondist/.test(mediaType)),
    ];
    const has = (one: { digest: string }): boolean => this.blobs.has(one.digest) || this.manifests.has(one.digest);
    if (![...needed, ...manifests].every(has)) return refuse(response, 400, "MANIFEST_BLOB_UNKNOWN");
    this.manifests.set(digest, { bytes, mediaType: request.headers["content-type"] ?? "" });
    if (!reference.includes(":")) this.tags.set(reference, digest);
    const confirmed = this.hasReferrersList && subject ? { "oci-subject": subject.digest } : {};
    reply(response, 201, { "docker-content-digest": digest, ...confirmed });
  }

  #tagList(response: ServerResponse, last: string | null, path: string): void {
    const all = [...this.tags.keys()].toSorted().filter((tag) => last === null || tag > last);
    const tags = all.slice(0, this.pageSize);
    const next = all.length > tags.length ? { link: `<${path}?last=${tags.at(-1) ?? ""}>; rel="next"` } : {};
    reply(response, 200, next, JSON.stringify({ tags }));
  }

  #referrers(response: ServerResponse, subject: string): void {
    if (!this.hasReferrersList) return refuse(response, 404, "UNSUPPORTED");
    const manifests = [...this.manifests].flatMap(([digest, { bytes, mediaType }]) => {
      const { subject: own, artifactType } = document.parse(JSON.parse(bytes.toString()));
      return own?.digest === subject ? [{ mediaType, digest, size: bytes.length, artifactType }] : [];
    });
    reply(response, 200, { "content-type": "application/vnd.oci.image.index.v1+json" }, JSON.stringify({ manifests }));
  }

  #blob(request: IncomingMessage, response: ServerResponse, digest: string, logged: Logged): void {
    const whole = this.blobs.get(digest);
    if (whole === undefined) return refuse(response, 404, "BLOB_UNKNOWN");
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
    const part = from === undefined ? whole : whole.subarray(Number(from), Number(to) + 1);
    logged.sent = part.length;
    response.writeHead(from === undefined ? 200 : 206, { "content-length": String(part.length) }).end(part);
  }
}
