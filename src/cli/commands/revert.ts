import * as z from "zod";
import { parseDigest } from "../../oci/digest.ts";
import { defineCommand } from "../command.ts";
import { CliError } from "../exit.ts";
import { YES_OPTION, yesInput } from "../input/options.ts";
import { confirm } from "../input/prompt.ts";
import { type ManagedTag, parseManagedTag } from "../managed/reference.ts";
import type { TagChange } from "../../contract/operations.ts";
import { age, shortDigest } from "../output/words.ts";
import { type Scene, withManagement } from "../managed/shapes.ts";

/** The beginning of a digest: as long as `history` shows it, or longer. */
const digestStart = z
  .string()
  .regex(
    /^(?:sha(?:256|512):)?[0-9a-f]{6,}$/,
    "give a digest, or the beginning of one in the tag's history, for example sha256:4f53cda18c2b",
  );

export const revert = defineCommand({
  name: "revert",
  summary: "Move a tag back to what it pointed to before",
  description:
    "A revert counts as a push: triggers fire, so it may deploy. Content that has been deleted is restored with everything it needs. A second revert moves the tag forward again.",
  examples: ["revert acme/web:latest", "revert acme/web:latest --to sha256:4f53cda18c2b --yes"],
  arguments: { "<reference>": "the tag, for example acme/web:latest" },
  options: {
    "--to <digest>": "the digest to move it to, or its beginning as history shows it (default: the previous one)",
    ...YES_OPTION,
  },
  input: yesInput.extend({ reference: z.string(), to: digestStart.optional() }),
  run: async (context, { reference, to, yes }) => {
    const tag = await parseManagedTag(context, reference);
    await withManagement(context, (scene) => revertTag(scene, tag, to, yes), tag.registry);
  },
});

async function revertTag(scene: Scene, tag: ManagedTag, wanted: string | undefined, yes: boolean): Promise<void> {
  const { management, context, output } = scene;
  const shown = nameOf(tag);
  const changes = await historyOf(scene, tag);
  const to = wanted === undefined ? previousOf(changes, shown) : digestOf(wanted, changes, shown);
  if (to !== currentOf(changes)) await confirm(context, { question: questionFor(scene, tag, changes, to), yes });
  const body = { repository: tag.name.path, tag: tag.tag, to };
  const undone = await management.call("revert", { path: { space: tag.name.space }, body });
  const { digest, previousDigest } = undone;
  output.show(undone, () =>
    digest === previousDigest
      ? `${shown} already points to ${digest}`
      : `moved ${shown} to ${digest}${previousDigest === null ? "" : `, from ${shortDigest(previousDigest)}`}`,
  );
  if (digest !== previousDigest) output.note(`See what it triggered: spacedock events list --space ${tag.name.space}`);
}

/** Reads the whole history of a tag, newest first. */
async function historyOf({ management }: Scene, { name, tag }: ManagedTag): Promise<readonly TagChange[]> {
  const query = { repository: name.path, tag, limit: 1000 };
  const changes: TagChange[] = [];
  for await (const change of management.list("getHistory", { path: { space: name.space }, query }))
    changes.push(change);
  return changes;
}

/** Returns the tag's current digest; null if it is deleted. */
function currentOf([newest]: readonly TagChange[]): string | null {
  return newest === undefined || newest.type === "tag.deleted" ? null : newest.digest;
}

/**
 * Returns the last digest before the current one. It is sent by name, so that exactly the change that was confirmed is
 * made.
 */
function previousOf(changes: readonly TagChange[], shown: string): string {
  const current = currentOf(changes);
  const previous = digestsOf(changes).find((digest) => digest !== current);
  if (previous !== undefined) return previous;
  throw new CliError("failure", `${shown} has never pointed to anything else`, {
    hint: "Name the digest to move it to: --to sha256:…",
  });
}

function digestOf(start: string, changes: readonly TagChange[], shown: string): string {
  if (parseDigest(start) !== null) return start;
  const fitting = [...new Set(digestsOf(changes))].filter(
    (digest) => digest.startsWith(start) || digest.split(":")[1]?.startsWith(start),
  );
  const [only] = fitting;
  if (only !== undefined && fitting.length === 1) return only;
  if (only !== undefined)
    throw new CliError("usage", `several digests begin with ${start}: ${fitting.join(", ")}`, {
      hint: "Give more of the digest.",
    });
  throw new CliError("not-found", `no digest in the history of ${shown} begins with ${start}`, {
    hint: `See spacedock history ${shown}. Give other digests in full.`,
  });
}

/**
 * Returns all digests that the tag had, including the one before the oldest known change, whose own event is forgotten.
 */
function digestsOf(changes: readonly TagChange[]): readonly string[] {
  return changes.flatMap(({ digest, previousDigest }) => [digest, previousDigest ?? digest]);
}

function questionFor({ management }: Scene, tag: ManagedTag, changes: readonly TagChange[], to: string): string {
  const [newest] = changes;
  const from = currentOf(changes);
  const isNow = from === null ? "(deleted)" : `from ${shortDigest(from)}${when(newest)}`;
  const then = changes.find(({ type, digest }) => type !== "tag.deleted" && digest === to);
  return `Move ${nameOf(tag)} at ${management.host} ${isNow} to ${shortDigest(to)}${when(then)}? This counts as a push, so it may deploy.`;
}

/** Formats a change's time and actor: " (set 2 hours ago by ci)". */
function when(change: TagChange | undefined): string {
  return change === undefined ? "" : ` (set ${age(change.at)} by ${change.actor.name})`;
}

function nameOf({ name, tag }: ManagedTag): string {
  return `${name.full}:${tag}`;
}
