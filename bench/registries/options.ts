import { parseArgs } from "node:util";

export interface Options {
  readonly help: boolean;
  readonly addresses: readonly string[];
  /** The file for the results as JSON; null for none. */
  readonly json: string | null;
  /** Parts of the names of workloads to run; empty for all. */
  readonly only: readonly string[];
  /** True to leave the pushed content. */
  readonly keep: boolean;
  /** An earlier run whose tags and repositories are read; null to push them. */
  readonly again: string | null;
  /** The path of zot's `zb`; null to leave it out. */
  readonly zb: string | null;
  readonly plan: Plan;
}

/** The extent of the measurement. */
export interface Plan {
  readonly quick: boolean;
  /** Runs of small, of large, and of the longest workloads. */
  readonly runs: { readonly small: number; readonly large: number; readonly largest: number };
  /** Pushes and pulls of a run, by their size: 1, 10 and 100 MB. */
  readonly transfers: { readonly small: number; readonly medium: number; readonly large: number };
  /** Manifests and pages read in a run. */
  readonly reads: number;
  /** Transfers that run at a time. */
  readonly concurrency: number;
  readonly tags: number;
  readonly repositories: number;
  /** A factor for the sizes of layers. */
  readonly scale: number;
}

const FULL: Plan = {
  quick: false,
  runs: { small: 5, large: 5, largest: 3 },
  transfers: { small: 20, medium: 8, large: 2 },
  reads: 100,
  concurrency: 4,
  tags: 1000,
  repositories: 1000,
  scale: 1,
};

const QUICK: Plan = {
  ...FULL,
  quick: true,
  runs: { small: 3, large: 3, largest: 1 },
  transfers: { small: 8, medium: 4, large: 1 },
  reads: 20,
};

export const HELP = `npm run bench:registries -- [--quick] [--tags <n>] [--repositories <n>] [--json <file>] <address> …

Measures registries side by side, by what any client can ask of them: the workloads of zot's zb, reads of manifests,
and pages of tags and of the catalog. The peers take turns, run by run; each is compared with the first. Content is
random and new for each push. What a registry refuses is shown as "–", and why in the JSON.

An address is http[s]://[user:password@]host[:port][/path][#name]: repositories are made below the path, which is the
space where the registry is Spacedock (http://ci:<token>@localhost:8787/demo); tables show the name. Credentials are
used as the registry asks, by token or Basic; %40 and the like stand for what has a meaning in an address.

  --quick               fewer runs of everything, of the same sizes
  --runs <n>            so many runs of each workload
  --tags <n>            tags of the repository that lists and reads are from (1000), each of a manifest of its own
  --repositories <n>    repositories in the catalog (1000)
  --scale <factor>      multiplies the sizes of layers (1)
  --only <text>         workloads with this in their names; may be given more than once
  --zb <command>        zot's own benchmark too, as it is (built in a checkout of zot, ./cmd/zb): each of its tests in turns
  --keep                leaves what was pushed; without it, it is deleted as far as the registry lets it
  --again <run>         lists and reads are from what that run left, which had as many tags and repositories (its name is in the last line
                        that it wrote); implies --keep
  --json <file>         writes everything there: percentiles, rates, failures and their reasons
  --help                this

A run begins nothing more after a minute: where one page takes seconds, fewer are read. Nothing is judged: it ends
with 1 only where a registry cannot be reached at all. Ctrl-C leaves what was pushed.`;

const OPTIONS = {
  quick: { type: "boolean" },
  runs: { type: "string" },
  tags: { type: "string" },
  repositories: { type: "string" },
  scale: { type: "string" },
  only: { type: "string", multiple: true },
  zb: { type: "string" },
  keep: { type: "boolean" },
  again: { type: "string" },
  json: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

/** Reads the options; null if they do not match HELP. */
export function readOptions(args: readonly string[]): Options | null {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
    const { quick = false, help = false, again = null, only = [], json = null, zb = null } = values;
    const keep = again !== null || values.keep === true;
    const base = quick ? QUICK : FULL;
    const often = values.runs === undefined ? null : Number(values.runs);
    const plan = {
      ...base,
      runs: often === null ? base.runs : { small: often, large: often, largest: often },
      tags: Number(values.tags ?? base.tags),
      repositories: Number(values.repositories ?? base.repositories),
      scale: Number(values.scale ?? base.scale),
    };
    const isPlan = [plan.runs.small, plan.tags, plan.repositories].every(isCount) && isScale(plan.scale);
    return isPlan && (help || positionals.length > 0)
      ? { help, addresses: positionals, json, only, zb, keep, again, plan }
      : null;
  } catch {
    return null;
  }
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 1;
}

function isScale(value: number): boolean {
  return value > 0 && Number.isFinite(value);
}
