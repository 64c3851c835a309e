import { parseRegistry, parseRemoteReference, type RegistryAddress, type RemoteReference } from "../client/reference.ts";
import { managedRegistry, namedRegistry } from "./managed.ts";
import type { Context } from "../context.ts";
import { CliError } from "../exit.ts";
import type { Digest } from "../../oci/digest.ts";
import { parseRepositoryName, type RepositoryName } from "../../oci/name.ts";
import type { Tag } from "../../oci/reference.ts";

/**
 * Reads a reference as management commands take it: `acme/web:1`, without a host, is in the registry that is managed.
 * `alpine` is Docker Hub's, as docker has it: a repository here has its space in front. Throws a usage error.
 */
export async function parseManagedReference(context: Context, text: string): Promise<RemoteReference> {
  const managed = await namedRegistry(context);
  const isHost = hasHost(text);
  if (!isHost && text.includes("/") && managed !== null) {
    return { ...parseRemoteReference(`localhost/${text}`), registry: managed };
  }
  const reference = parseRemoteReference(text, { plainHttp: context.plainHttp });
  if (!isHost && text.includes("/")) sayHub(context, reference);
  // The address that somebody logged in at says more than the host does: whether there is TLS.
  return managed?.host === reference.registry.host ? { ...reference, registry: managed } : reference;
}

/** True if a reference begins with a host, by docker's rule. */
export function hasHost(text: string): boolean {
  const [first = "", ...rest] = text.split("/");
  return rest.length > 0 && (first === "localhost" || /[.:]/.test(first));
}

/** As docker has it; but somebody may have meant a registry of their own. */
function sayHub({ output }: Context, { registry }: RemoteReference): void {
  output.note(
    `using ${registry.host}, because no registry is selected; select one: spacedock login <host>, or --registry <host>`,
  );
}

export interface ManagedRepository {
  readonly registry: RegistryAddress;
  readonly name: RepositoryName;
}

/** A repository, or a tag or a manifest in it; tag and digest are null where they are not given. */
export interface ManagedContent extends ManagedRepository {
  readonly tag: Tag | null;
  readonly digest: Digest | null;
}

/** A tag of a repository. */
export interface ManagedTag extends ManagedRepository {
  readonly tag: Tag;
}

/** Reads `[host/]space/path[:tag][@digest]`, as {@link parseManagedReference} does. Throws a usage error. */
export async function parseManagedContent(context: Context, text: string): Promise<ManagedContent> {
  // Only what is managed has spaces: without a host, it cannot be Docker Hub that is meant.
  if (!hasHost(text)) await managedRegistry(context);
  const { registry, name, tag, digest } = await parseManagedReference(context, text);
  const parsed = parseRepositoryName(text.includes("/") ? name : text);
  if (parsed !== null) return { registry, name: parsed, tag, digest };
  throw new CliError("usage", `"${text}" lacks its space: write it as acme/${text}`);
}

/** Likewise with neither tag nor digest. */
export async function parseManagedRepository(context: Context, text: string): Promise<ManagedRepository> {
  const { registry, name, tag, digest } = await parseManagedContent(context, text);
  if (tag === null && digest === null) return { registry, name };
  throw new CliError("usage", `"${text}" is a reference: name only the repository, ${name.full}`);
}

/** Likewise with a tag, and nothing but a tag. */
export async function parseManagedTag(context: Context, text: string): Promise<ManagedTag> {
  const { registry, name, tag, digest } = await parseManagedContent(context, text);
  if (tag !== null && digest === null) return { registry, name, tag };
  throw new CliError("usage", `"${text}" is not a tag: name one, for example ${name.full}:latest`);
}

/** The registry that a command is about: the one that is named, else the one that is managed. */
export function registryOrManaged(context: Context, named: string | undefined): Promise<RegistryAddress> {
  return named === undefined
    ? managedRegistry(context)
    : managedAddress(context, parseRegistry(named, { plainHttp: context.plainHttp }));
}

async function managedAddress(context: Context, registry: RegistryAddress): Promise<RegistryAddress> {
  const managed = await namedRegistry(context);
  return managed?.host === registry.host ? managed : registry;
}
