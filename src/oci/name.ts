import { ERRORS, RegistryError } from "./errors.ts";

const COMPONENT = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const SPACE = new RegExp(`^${COMPONENT}$`);
const REPOSITORY = new RegExp(`^(${COMPONENT})/(${COMPONENT}(?:/${COMPONENT})*)$`);

/** The most characters of host and name together in a reference (distribution spec, "Pulling manifests"). */
const MAX_NAME_LENGTH = 255;
const MAX_SPACE_LENGTH = 63;

/** A repository's name, `<space>/<path>`. Only {@link parseRepositoryName} makes one. */
export interface RepositoryName {
  /** The whole name, like `acme/web/api`. */
  readonly full: string;
  /** The first component: the team that owns the repository. */
  readonly space: string;
  /** The name without the space, like `web/api`. */
  readonly path: string;
}

/** Parses a repository's name; null: the text is malformed. */
export function parseRepositoryName(text: string): RepositoryName | null {
  if (text.length > MAX_NAME_LENGTH) return null;
  const match = REPOSITORY.exec(text);
  const [, space, path] = match ?? [];
  if (space === undefined || path === undefined || !isSpaceName(space)) return null;
  return { full: text, space, path };
}

/**
 * Parses a repository's name. Throws NAME_INVALID or, for a request that only reads, NAME_UNKNOWN: no repository can
 * have the name, and clients ask with HEAD first, whose answer shows them only the status of an error.
 */
export function requireRepositoryName(
  text: string,
  kind: "NAME_INVALID" | "NAME_UNKNOWN" = "NAME_INVALID",
): RepositoryName {
  const name = parseRepositoryName(text);
  if (name !== null) return name;
  const lacksSpace = text.length <= MAX_NAME_LENGTH && SPACE.test(text);
  throw new RegistryError(kind, {
    message: lacksSpace ? `the name needs its space in front: <space>/${text}` : ERRORS.NAME_INVALID.message,
    detail: { name: text.slice(0, 2 * MAX_NAME_LENGTH) },
  });
}

/** True if the text can name a space: one component of a repository's name, 63 characters at most. */
export function isSpaceName(text: string): boolean {
  return text.length <= MAX_SPACE_LENGTH && SPACE.test(text);
}
