import { type Digest, parseDigest } from "../../oci/digest.ts";
import { parseTag, type Tag } from "../../oci/reference.ts";
import { CliError } from "../exit.ts";

/** A registry's host and origin. */
export interface RegistryAddress {
  /** The host as references have it: `localhost:5000`, `docker.io`. */
  readonly host: string;
  /** The origin of its API: `https://registry-1.docker.io`. */
  readonly origin: string;
}

/** A repository of any registry. Its name may be any that the specification allows, with or without a space. */
export interface RemoteRepository {
  readonly registry: RegistryAddress;
  readonly name: string;
}

/** A reference, as in `localhost:5000/acme/web:1@sha256:…`; tag and digest are null if it has none. */
export interface RemoteReference extends RemoteRepository {
  readonly tag: Tag | null;
  readonly digest: Digest | null;
}

export interface AddressOptions {
  /** True: use no TLS, whatever the host. */
  readonly plainHttp?: boolean;
}

const HUB = "docker.io";
const HUB_NAMES = new Set([HUB, "index.docker.io", "registry-1.docker.io"]);
const HUB_ORIGIN = "https://registry-1.docker.io";

const NAME = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const MAX_NAME_LENGTH = 255;
const LOCAL = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/;
const HOST =
  /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\[[0-9a-fA-F:]+\])(?::\d{1,5})?$/;

/** Parses a registry's host, or its address with a scheme. Throws a usage error. */
export function parseRegistry(text: string, { plainHttp = false }: AddressOptions = {}): RegistryAddress {
  const [, scheme, rest = ""] = /^(?:(https?):\/\/)?(.*?)\/*$/i.exec(text.trim()) ?? [];
  if (!HOST.test(rest)) {
    throw new CliError("usage", `"${text}" is not a registry: write its host, for example registry.example.com`);
  }
  const host = rest.toLowerCase();
  if (HUB_NAMES.has(host)) return { host: HUB, origin: HUB_ORIGIN };
  const isPlain = scheme === undefined ? plainHttp || LOCAL.test(host) : scheme.toLowerCase() === "http";
  return { host, origin: `${isPlain ? "http" : "https"}://${host}` };
}

/**
 * Parses `[host[:port]/]name[:tag][@digest]`. Without a host it is Docker Hub's, as for docker: `alpine` is
 * `docker.io/library/alpine`. Throws a usage error.
 */
export function parseRemoteReference(text: string, options: AddressOptions = {}): RemoteReference {
  const at = text.indexOf("@");
  const digest = at < 0 ? null : parseDigest(text.slice(at + 1));
  if (at >= 0 && digest === null) throw malformed(text, "its digest is not sha256:<64 hex digits> or sha512:<128>");
  const { registry, rest } = splitHost(at < 0 ? text : text.slice(0, at), options);
  const colon = rest.lastIndexOf(":");
  const tag = colon < 0 ? null : parseTag(rest.slice(colon + 1));
  if (colon >= 0 && tag === null) throw malformed(text, "a tag has only letters, digits, _ . and -");
  const given = colon < 0 ? rest : rest.slice(0, colon);
  const name = registry.host === HUB && !given.includes("/") ? `library/${given}` : given;
  if (!NAME.test(name) || registry.host.length + name.length > MAX_NAME_LENGTH) {
    throw malformed(text, "a name has lower-case letters and digits, separated by '.', '_', '__', dashes or '/'");
  }
  return { registry, name, tag, digest };
}

/** Formats a reference as a person would write it. */
export function formatRemoteReference({ registry, name, tag, digest }: RemoteReference): string {
  return `${registry.host}/${name}${tag === null ? "" : `:${tag}`}${digest === null ? "" : `@${digest}`}`;
}

/** Returns the part that selects the manifest: the digest, else the tag, else `latest`. */
export function manifestSelector({ tag, digest }: Pick<RemoteReference, "tag" | "digest">): string {
  return digest ?? tag ?? "latest";
}

/** Splits off the host. As for docker, the part before the first slash is a host if it looks like one. */
function splitHost(text: string, options: AddressOptions): { registry: RegistryAddress; rest: string } {
  const slash = text.indexOf("/");
  const first = text.slice(0, Math.max(slash, 0));
  const isHost = first === "localhost" || first.includes(".") || first.includes(":");
  if (!isHost) return { registry: { host: HUB, origin: HUB_ORIGIN }, rest: text };
  return { registry: parseRegistry(first, options), rest: text.slice(slash + 1) };
}

function malformed(text: string, reason: string): CliError {
  return new CliError("usage", `"${text}" is not a reference: ${reason}`, {
    hint: "Write it as registry.example.com/space/repository:tag.",
  });
}
