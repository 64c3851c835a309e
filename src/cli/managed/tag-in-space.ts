import { parseRepositoryName } from "../../oci/name.ts";
import { CliError } from "../exit.ts";

/** A tag as the management API names it: with its repository's path in the space. */
interface TagInSpace {
  readonly repository: string;
  readonly tag: string;
}

/** Returns the space of a tag like `acme/web:1.2.3`; undefined if the text names none. */
export function spaceInTag(text: string): string | undefined {
  return parseRepositoryName(text.replace(/:[^:/]*$/, ""))?.space;
}

/** Parses `acme/web:1.2.3` as a tag of the space `acme`. Throws a usage error. */
export function tagInSpace(text: string, space: string): TagInSpace {
  const colon = text.lastIndexOf(":");
  const name = parseRepositoryName(text.slice(0, Math.max(colon, 0)));
  if (name === null || colon === text.length - 1) {
    throw new CliError(
      "usage",
      `"${text}" is not a tag of a repository: write it as <space>/<repository>:<tag>, for example ${space}/web:1.2.3`,
    );
  }
  if (name.space === space) return { repository: name.path, tag: text.slice(colon + 1) };
  throw new CliError("usage", `"${text}" is not in the space ${space}`, { hint: `Use --space ${name.space}.` });
}
