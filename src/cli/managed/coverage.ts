import { matchesRepository } from "../../oci/repository-pattern.ts";
import { CliError } from "../exit.ts";
import { plural, someOf } from "../output/words.ts";
import type { SpaceScene } from "./shapes.ts";

/** The most repositories that are checked: a pattern that covers none of so many is most likely a mistake. */
const LOOKED_AT = 5000;
const PAGE = 1000;

/**
 * Warns if patterns cover none of a space's repositories: they are paths within the space, and `web/**` covers only
 * those below `web/`. Says nothing about a space without repositories.
 */
export async function warnOfNoneCovered(scene: SpaceScene, patterns: readonly string[] | undefined): Promise<void> {
  if (patterns === undefined || patterns.every((pattern) => pattern === "**")) return;
  const paths = await pathsUntilCovered(scene, patterns).catch((failure: unknown) => {
    // The change is already done, so a failed check is no error.
    if (failure instanceof CliError && failure.kind !== "interrupted") return null;
    throw failure;
  });
  const [first] = paths ?? [];
  if (paths === null || first === undefined) return;
  const count = `${paths.length < LOOKED_AT ? "" : "the first "}${plural(paths.length, "repository", "repositories")}`;
  scene.output.warn(
    `${patterns.join(", ")} ${patterns.length === 1 ? "covers" : "cover"} 0 of ${count} in ${scene.space} (${someOf(paths, paths.length)}). ${advice(scene.space, patterns, paths)}`,
  );
}

/** Returns the space's paths; null as soon as one is covered. */
async function pathsUntilCovered(
  { management, space }: SpaceScene,
  patterns: readonly string[],
): Promise<readonly string[] | null> {
  const paths: string[] = [];
  for await (const { name } of management.list("listRepositories", { path: { space }, query: { limit: PAGE } })) {
    if (matchesRepository(patterns, name)) return null;
    if (paths.push(name) >= LOOKED_AT) break;
  }
  return paths;
}

function advice(space: string, patterns: readonly string[], paths: readonly string[]): string {
  const own = patterns.find((pattern) => pattern.startsWith(`${space}/`));
  if (own !== undefined) {
    return `Patterns are paths within the space: write ${own.slice(space.length + 1)}, without ${space}/.`;
  }
  const parent = patterns.find((pattern) => pattern.endsWith("/**") && paths.includes(pattern.slice(0, -3)));
  if (parent !== undefined)
    return `${parent} covers only paths below ${parent.slice(0, -2)}: add ${parent.slice(0, -3)} as well.`;
  return "Patterns are paths within the space, for example web for acme/web; ** covers all repositories.";
}
