import { type Connection, pulling } from "../client/connection.ts";
import { listTags } from "../client/lists.ts";
import { formatRemoteReference, type RemoteReference } from "../client/reference.ts";
import { openConnection } from "../connections.ts";
import type { Context } from "../context.ts";
import { CliError } from "../exit.ts";
import { plural } from "../output/words.ts";
import { openMemory } from "../push/memory.ts";
import type { Import, ImportOptions } from "./import.ts";
import { importTag } from "./import-tag.ts";
import { importTags, type TagReport, type TagsReport } from "./import-tags.ts";
import { type Plan, planOf } from "./plan.ts";
import { heedingLimits } from "../client/rate-limit.ts";
import { makeReport, summary, tagLine } from "./report.ts";
import { selectTags } from "./select-tags.ts";
import { emptyTally } from "./tally.ts";

/** The command's input, parsed. */
interface ImportInput {
  readonly source: string;
  readonly destination: string;
  readonly allTags: boolean;
  readonly tags: readonly string[];
  readonly platform: readonly string[];
  readonly referrers: boolean;
  readonly jobs: number;
  readonly chunkSize: number;
  readonly dryRun: boolean;
}

/** More tags than any repository has: a longer list does not end. */
const MAX_TAGS = 1_000_000;

/** Runs `spacedock import`, from the command line to the printed report. */
export async function runImport(context: Context, input: ImportInput): Promise<void> {
  const plan = planOf(input, context);
  const source = await open(context, plan.source);
  try {
    const isSame = plan.source.registry.origin === plan.destination.registry.origin;
    // Content that is there already is only looked at, which is no pull.
    const destination = isSame ? source : await open(context, plan.destination);
    try {
      await between(context, plan, optionsOf(input), { source, destination });
    } finally {
      await destination.close();
    }
  } finally {
    await source.close();
  }
}

function optionsOf({ referrers, platform, jobs, chunkSize, dryRun }: ImportInput): ImportOptions {
  return { referrers, platforms: [...new Set(platform)], jobs, chunkSize, dryRun };
}

async function open(context: Context, { registry }: RemoteReference): Promise<Connection> {
  return heedingLimits(await openConnection(context, registry), (text) => context.output.note(text));
}

interface Connections {
  readonly source: Connection;
  readonly destination: Connection;
}

async function between(context: Context, plan: Plan, options: ImportOptions, connections: Connections): Promise<void> {
  const { output } = context;
  const tags = "globs" in plan.what ? await allTags(connections.source, plan.source) : null;
  const run: Import = {
    // A dry run leaves no trace at the source either.
    source: { connection: options.dryRun ? connections.source : pulling(connections.source), name: plan.source.name },
    destination: { connection: connections.destination, name: plan.destination.name },
    options,
    output,
    memory: await openMemory(context.env),
    tally: emptyTally(),
    sourceTags: tags,
    blobs: new Map(),
    trees: new Map(),
    companions: new Map(),
    leftBehind: new Set(),
    sizes: new Map(),
  };
  const tell = (report: TagReport): void => {
    if (!output.isJson) output.show(report, () => tagLine(report, options.dryRun, output.style));
  };
  const { tags: reports, failure } = await importAsPlanned(run, plan, tags ?? new Set(), tell);
  const report = makeReport(plan, options.dryRun, reports, run.tally);
  output.show(report, () => summary(run.tally, options.dryRun));
  const incomplete = failure ?? incompleteFailure(run);
  if (incomplete !== null) throw incomplete;
}

/** Returns the failure for tags that were set although some of their referrers stayed behind; null if none did. */
function incompleteFailure({ leftBehind }: Import): CliError | null {
  if (leftBehind.size === 0) return null;
  return new CliError(
    "failure",
    `${plural(leftBehind.size, "referrer")} could not be imported; everything else is there`,
    {
      hint: "See the warnings. To import without referrers, add --no-referrers.",
    },
  );
}

async function importAsPlanned(
  run: Import,
  { source, what }: Plan,
  tags: ReadonlySet<string>,
  tell: (report: TagReport) => void,
): Promise<TagsReport> {
  if ("one" in what) {
    const imported = await importTag(run, what.one, what.tag);
    for (const one of imported) tell(one);
    return { tags: imported, failure: null };
  }
  const selected = selectTags(tags, what.globs);
  const count = selected.images.length + selected.companions.length + selected.untakable.length;
  if (count > 0) return importTags(run, selected, tell);
  const which = what.globs.length === 0 ? "no tags" : `none that matches ${what.globs.join(" ")}`;
  throw new CliError("not-found", `${formatRemoteReference(source)} has ${which}, of ${tags.size}`);
}

async function allTags(connection: Connection, { name }: RemoteReference): Promise<ReadonlySet<string>> {
  const tags = new Set<string>();
  for await (const tag of listTags(connection, name)) {
    tags.add(tag);
    if (tags.size > MAX_TAGS) throw new CliError("invalid", `${name}: its list of tags never ends`);
  }
  return tags;
}
