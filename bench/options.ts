import type { Arrival } from "./memory.ts";
import { parseArgs } from "node:util";
import { isSection, SECTION_NAMES, type SectionName } from "./sections.ts";
import { MIB } from "./units.ts";

export interface Options {
  readonly help: boolean;
  /** The file for the results as JSON; null for none. */
  readonly json: string | null;
  /** The directory for plots as SVG; null for none. */
  readonly plots: string | null;
  readonly sections: readonly SectionName[];
  readonly plan: Plan;
}

/** The extent of the measurement. Sizes are in bytes. */
export interface Plan {
  readonly quick: boolean;
  /** Amounts of tags, repositories and so on, among which metadata operations are measured. The smallest first. */
  readonly growth: readonly number[];
  /** Sizes of uploads. The smallest first: the others are compared with it. */
  readonly uploads: readonly { readonly size: number; readonly runs: number }[];
  /** A small layer, a large one, and some at once. */
  readonly memory: readonly [Arrival, Arrival, Arrival];
  /** Pushes to a space with triggers. */
  readonly pushes: number;
  /** Layers through `spacedock proxy`: `size` and `runs` measure its rate, `memory` its memory. */
  readonly proxy: { readonly size: number; readonly runs: number; readonly memory: number };
  /** Manifests in the repository that upkeep works on: of plain images, and of other shapes. The smallest first. */
  readonly collection: { readonly images: readonly number[]; readonly shapes: readonly number[] };
  /** Manifests in that repository while CPU and memory are measured: few, then many. */
  readonly load: readonly [number, number];
}

const oneOf = (size: number): Arrival => ({ layers: 1, size });

// All sizes are whole multiples of 5 MiB, so that each finishing PUT does the same work: it sends the last part, which
// is full.
const FULL: Plan = {
  quick: false,
  growth: [100, 1000, 10_000, 100_000],
  uploads: [
    { size: 10 * MIB, runs: 7 },
    { size: 100 * MIB, runs: 3 },
    { size: 1000 * MIB, runs: 3 },
  ],
  memory: [oneOf(50 * MIB), oneOf(1000 * MIB), { layers: 5, size: 100 * MIB }],
  pushes: 1000,
  proxy: { size: 200 * MIB, runs: 5, memory: 2000 * MIB },
  collection: { images: [5000, 20_000, 100_000], shapes: [5000, 20_000, 100_000] },
  load: [5000, 100_000],
};

const QUICK: Plan = {
  quick: true,
  growth: [100, 1000, 10_000],
  uploads: [
    { size: 10 * MIB, runs: 5 },
    { size: 100 * MIB, runs: 3 },
    { size: 200 * MIB, runs: 3 },
  ],
  memory: [oneOf(50 * MIB), oneOf(200 * MIB), { layers: 5, size: 100 * MIB }],
  pushes: 100,
  proxy: { size: 100 * MIB, runs: 9, memory: 300 * MIB },
  collection: { images: [5000, 20_000], shapes: [5000, 10_000] },
  load: [5000, 20_000],
};

export const HELP = `npm run bench -- [--quick] [--only <section>] [--json <file>] [--plots <directory>]

Measures what Spacedock costs and how fast it is, and compares it with what it may be:

  operations  calls to R2, D1 and Durable Objects that each client operation makes (bar: the budget of the design)
  dollars     what pushes, pulls and lists use of all that is billed, by its prices (bars: a warm pull costs
              less than on serverless-registry, and a first push takes few class A operations)
  edge        pulls and pushes with the network's delays added, with and without reading ahead (bar: that it helps); see
              bench:edge for another Worker beside it
  growth      rows that metadata operations read, by how much there is (bar: at most three times as many)
  uploads     rate by size, and the time of the finishing PUT (bar: does not grow with size)
  deliveries  pushes to a space with five triggers (bar: each that matches arrives once, and within five minutes)
  memory      peak of the server's workerd processes while a layer arrives (bar: does not grow with size), and of
              the Worker's isolate, five of 100 MiB at once among them (bar: 150 MB more than before)
  proxy       rate through spacedock proxy against without it (bar: 0.8), and what it has in memory (bar: 150 MB)
  collection  what a run of collection or retention reads, by the number of manifests and what they are to each other
              (bar: rows an item do not grow with it)
  load        CPU and memory of the server's workerd processes during such runs (bar: they do not grow with it)

  --quick           smaller: 300 MiB at most where it is 2000 MiB otherwise, and 100 pushes where it is 1000,
                    20,000 manifests where it is 100,000, and 10,000 tags likewise
  --only <section>  one of these; may be given more than once
  --json <file>     writes the results there too
  --plots <directory>  writes plots there, as <section>.svg
  --help            this

Ends with 1 when a bar is missed. It starts servers of its own and ends them; their state lies in the temporary
directory, which needs room for 8 GB (3 GB when quick). Leave src/ alone meanwhile: a change restarts the servers.`;

/** Reads the options; null if they do not match HELP. */
export function readOptions(args: readonly string[]): Options | null {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        quick: { type: "boolean" },
        only: { type: "string", multiple: true },
        json: { type: "string" },
        plots: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    });
    const { quick = false, only = SECTION_NAMES, json = null, plots = null, help = false } = values;
    const sections = only.filter(isSection);
    return sections.length < only.length ? null : { help, json, plots, sections, plan: quick ? QUICK : FULL };
  } catch {
    return null;
  }
}
