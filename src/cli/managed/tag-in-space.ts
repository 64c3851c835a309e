import { parseRepositoryName } from "../../oci/name.ts";
import { CliError } from "../exit.ts";

/** A tag as the management API names it: by the path within its space. */
interface TagInSpace {
  readonly repository: string;
  readonly tag: string;
}

/** The space of `acme/web:1.2.3`, where it is written like that. */
export function spaceInTag(text: string): string | undefined {
  return parseRepositoryName(text.replace(/:[^:/]*$/, ""))?.space;
}

/** Reads `acme/web:1.2.3` as a tag of the space `acme`. Throws a usage error. */
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
