import { requireTag, type Tag } from "../../oci/reference.ts";
import { manifestSelector, parseRemoteReference, type RemoteReference } from "../client/reference.ts";
import { CliError } from "../exit.ts";

const LATEST = requireTag("latest");

interface Asked {
  readonly source: string;
  readonly destination: string;
  readonly allTags: boolean;
  readonly tags: readonly string[];
}

/** The copy that the command line asks for. */
export interface Plan {
  readonly source: RemoteReference;
  readonly destination: RemoteReference;
  readonly what:
    | { readonly one: string; readonly tag: Tag | null }
    /** The globs of tags; none: all tags. */
    | { readonly globs: readonly string[] };
}

/** Parses both references and combines them. Throws a usage error. */
export function planOf(asked: Asked, options: { readonly plainHttp: boolean }): Plan {
  const source = parseRemoteReference(asked.source, options);
  const destination = parseRemoteReference(asked.destination, options);
  if (destination.digest !== null) {
    throw usage(
      "the destination cannot have a digest: it follows from the content",
      "Name a tag, or only the repository.",
    );
  }
  if (asked.allTags || asked.tags.length > 0) return { source, destination, what: many(asked, source, destination) };
  // An image named only by its digest gets a tag only if the destination names one.
  const implied = source.digest === null ? (source.tag ?? LATEST) : source.tag;
  const tag = destination.tag ?? implied;
  if (isSameRepository(source, destination) && tag === implied) throw sameUsage();
  return { source, destination, what: { one: manifestSelector(source), tag } };
}

function many({ allTags, tags }: Asked, source: RemoteReference, destination: RemoteReference): Plan["what"] {
  if (allTags && tags.length > 0) throw usage("use either --all-tags or --tags, not both", "Leave one of them out.");
  if (source.tag !== null || source.digest !== null || destination.tag !== null) {
    throw usage(
      "with --tags or --all-tags, source and destination are repositories, without a tag",
      "Leave the tags out.",
    );
  }
  if (isSameRepository(source, destination)) throw sameUsage();
  return { globs: tags };
}

function isSameRepository(one: RemoteReference, other: RemoteReference): boolean {
  return one.registry.origin === other.registry.origin && one.name === other.name;
}

function sameUsage(): CliError {
  return usage("source and destination are the same", "Name another repository, or another tag.");
}

function usage(message: string, hint: string): CliError {
  return new CliError("usage", message, { hint });
}
