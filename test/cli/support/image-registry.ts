import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { refuse, reply, serve, urlOf } from "./server.ts";

interface Stored {
  readonly mediaType: string;
  readonly bytes: Buffer;
  readonly digest: string;
}

interface DescriptorOf {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const INDEX = "application/vnd.oci.image.index.v1+json";

/** The reading part of a registry with one repository, and deletions. It wants the password `secret` (Basic). */
export class ImageRegistry {
  host = "";
  readonly tags = new Map<string, string>();
  readonly deleted: string[] = [];
  /** True to refuse deletions by tag, as registries do that have none. */
  refusesTagDeletion = false;
  /** Answers other requests, before everything else. Returns false if it does not. */
  also: (request: IncomingMessage, response: ServerResponse) => boolean = () => false;
  readonly #content = new Map<string, Stored>();
  readonly #referrers = new Map<string, object[]>();

  static async start(): Promise<ImageRegistry> {
    const registry = new ImageRegistry();
    const server = await serve((request, response) => registry.#serve(request, response));
    registry.host = server.host;
    return registry;
  }

  put(mediaType: string, content: unknown): DescriptorOf {
    const bytes = Buffer.from(JSON.stringify(content));
    const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
    this.#content.set(digest, { mediaType, bytes, digest });
    return { mediaType, digest, size: bytes.length };
  }

  /** Makes an image for a platform, with one layer of this size. */
  image(architecture: string, layerSize: number): DescriptorOf & { readonly platform: object } {
    const created = "2026-01-01T00:00:00Z";
    const config = this.put("application/vnd.oci.image.config.v1+json", {
      created,
      os: "linux",
      architecture,
      config: { Entrypoint: ["/app"], Env: ["A=1"], Labels: { team: "web" }, ExposedPorts: { "80/tcp": {} } },
    });
    const digest = `sha256:${createHash("sha256").update(`${architecture}${layerSize}`).digest("hex")}`;
    const layers = [{ mediaType: "application/vnd.oci.image.layer.v1.tar+gzip", digest, size: layerSize }];
    const image = this.put(MANIFEST, { schemaVersion: 2, mediaType: MANIFEST, config, layers });
    return { ...image, platform: { os: "linux", architecture } };
  }

  index(...manifests: readonly object[]): DescriptorOf {
    return this.put(INDEX, { schemaVersion: 2, mediaType: INDEX, manifests, annotations: { made: "here" } });
  }

  refer(subject: string, artifactType: string): void {
    const descriptor = { ...this.put(MANIFEST, { subject, artifactType }), artifactType };
    this.#referrers.set(subject, [...(this.#referrers.get(subject) ?? []), descriptor]);
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    if (this.also(request, response)) return;
    if (request.headers.authorization !== `Basic ${Buffer.from("me:secret").toString("base64")}`) {
      refuse(response, 401, "UNAUTHORIZED", { "www-authenticate": 'Basic realm="here"' });
      return;
    }
    const { pathname } = urlOf(request);
    const [, kind = "", reference = ""] =
      /^\/v2\/acme\/web\/(manifests|blobs|tags|referrers)\/(.+)$/.exec(pathname) ?? [];
    if (pathname === "/v2/") reply(response, 200, { "docker-distribution-api-version": "registry/2.0" }, "{}");
    else if (kind === "tags") reply(response, 200, {}, JSON.stringify({ tags: [...this.tags.keys()] }));
    else if (kind === "referrers") this.#listReferrers(response, reference);
    else if (kind === "") refuse(response, 404, "NAME_UNKNOWN");
    else if (request.method === "DELETE") this.#delete(response, reference);
    else this.#get(response, reference);
  }

  #get(response: ServerResponse, reference: string): void {
    const found = this.#content.get(this.tags.get(reference) ?? reference);
    if (found === undefined) return refuse(response, 404, "MANIFEST_UNKNOWN");
    const { mediaType, bytes, digest } = found;
    response.writeHead(200, {
      "content-type": mediaType,
      "content-length": bytes.length,
      "docker-content-digest": digest,
    });
    response.end(response.req.method === "HEAD" ? undefined : bytes);
  }

  #listReferrers(response: ServerResponse, subject: string): void {
    reply(response, 200, { "content-type": INDEX }, JSON.stringify({ manifests: this.#referrers.get(subject) ?? [] }));
  }

  #delete(response: ServerResponse, reference: string): void {
    if (this.refusesTagDeletion && !reference.includes(":")) return refuse(response, 405, "UNSUPPORTED");
    if (!this.tags.delete(reference) && !this.#content.delete(reference))
      return refuse(response, 404, "MANIFEST_UNKNOWN");
    this.deleted.push(reference);
    reply(response, 202);
  }
}
