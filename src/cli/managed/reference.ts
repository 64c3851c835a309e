import {
  parseRegistry,
  parseRemoteReference,
  type RegistryAddress,
  type RemoteReference,
} from "../client/reference.ts";
import { managedRegistry, namedRegistry } from "./managed.ts";
import type { Context } from "../context.ts";
import { CliError } from "../exit.ts";
import type { Digest } from "../../oci/digest.ts";
import { parseRepositoryName, type RepositoryName } from "../../oci/name.ts";
import type { Tag } from "../../oci/reference.ts";

/**
 * Parses a reference for management commands: `acme/web:1`, without a host, is in the managed registry. `alpine` is
 * Docker Hub's, as for docker, since a repository here has its space in front. Throws a usage error.
 */
export async function parseManagedReference(context: Context, text: string): Promise<RemoteReference> {
  const managed = await namedRegistry(context);
  const isHost = hasHost(text);
  if (!isHost && text.includes("/") && managed !== null) {
    return { ...parseRemoteReference(`localhost/${text}`), registry: managed };
  }
  const reference = parseRemoteReference(text, { plainHttp: context.plainHttp });
  if (!isHost && text.includes("/")) sayHub(context, reference);
  // The managed registry's address says more than the host alone: it says if there is TLS.
  return managed?.host === reference.registry.host ? { ...reference, registry: managed } : reference;
}

/** True if a reference begins with a host, by docker's rule. */
export function hasHost(text: string): boolean {
  const [first = "", ...rest] = text.split("/");
  return rest.length > 0 && (first === "localhost" || /[.:]/.test(first));
}

/** Notes that Docker Hub is used, as docker does, since the user may mean a registry of their own. */
function sayHub({ output }: Context, { registry }: RemoteReference): void {
  output.note(
    `using ${registry.host}, because no registry is selected; select one: spacedock login <host>, or --registry <host>`,
  );
}

export interface ManagedRepository {
  readonly registry: RegistryAddress;
  readonly name: RepositoryName;
}

/** A repository, or a tag or a manifest in it; tag and digest are null if not given. */
export interface ManagedContent extends ManagedRepository {
  readonly tag: Tag | null;
  readonly digest: Digest | null;
}

/** A tag of a repository. */
export interface ManagedTag extends ManagedRepository {
  readonly tag: Tag;
}

/** Parses `[host/]space/path[:tag][@digest]`, as {@link parseManagedReference} does. Throws a usage error. */
export async function parseManagedContent(context: Context, text: string): Promise<ManagedContent> {
  // Only a managed registry has spaces, so a reference without a host cannot mean Docker Hub.
  if (!hasHost(text)) await managedRegistry(context);
  const { registry, name, tag, digest } = await parseManagedReference(context, text);
  const parsed = parseRepositoryName(text.includes("/") ? name : text);
  if (parsed !== null) return { registry, name: parsed, tag, digest };
  throw new CliError("usage", `"${text}" lacks its space: write it as acme/${text}`);
}

/** Parses a repository, like {@link parseManagedContent}, but allows neither a tag nor a digest. */
export async function parseManagedRepository(context: Context, text: string): Promise<ManagedRepository> {
  const { registry, name, tag, digest } = await parseManagedContent(context, text);
  if (tag === null && digest === null) return { registry, name };
  throw new CliError("usage", `"${text}" is a reference: name only the repository, ${name.full}`);
}

/** Parses a tag, like {@link parseManagedContent}, but requires a tag and allows no digest. */
export async function parseManagedTag(context: Context, text: string): Promise<ManagedTag> {
  const { registry, name, tag, digest } = await parseManagedContent(context, text);
  if (tag !== null && digest === null) return { registry, name, tag };
  throw new CliError("usage", `"${text}" is not a tag: name one, for example ${name.full}:latest`);
}

/** Returns the named registry, else the managed one. */
export function registryOrManaged(context: Context, named: string | undefined): Promise<RegistryAddress> {
  return named === undefined
    ? managedRegistry(context)
    : managedAddress(context, parseRegistry(named, { plainHttp: context.plainHttp }));
}

async function managedAddress(context: Context, registry: RegistryAddress): Promise<RegistryAddress> {
  const managed = await namedRegistry(context);
  return managed?.host === registry.host ? managed : registry;
}
