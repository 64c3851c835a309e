/** The parts of the bench: the measurement of each, its table, and its bars. */
import {
  missedBudgets,
  missedCollection,
  missedDeliveries,
  missedFinish,
  missedLoad,
  missedMemory,
  missedProxy,
} from "./bars.ts";
import { type LoadCost, measureLoad } from "./collection/load.ts";
import { type CollectionCost, measureCollection } from "./collection/measure.ts";
import { type DeliveryTimes, measureDeliveries } from "./deliveries.ts";
import { measureMemory, type MemoryUse } from "./memory.ts";
import { countOperations, type Operations } from "./operations.ts";
import { type Dollars, dollarsTable, measureDollars, missedDollars } from "./dollars.ts";
import { type EdgeTimes, edgeTables, measureEdge, missedEdge } from "./edge/section.ts";
import { type Growth, growthPlot, growthTable, measureGrowth, missedGrowth } from "./growth.ts";
import type { Plan } from "./options.ts";
import { type Plot, svgOf } from "./plot.ts";
import { measureProxy, type ProxyResults } from "./proxy.ts";
import {
  collectionTable,
  deliveriesTable,
  loadTable,
  memoryTable,
  operationsTable,
  proxyTable,
  uploadsTable,
} from "./report.ts";
import { withServer } from "./server.ts";
import { progress } from "./units.ts";
import { measureUploads, type UploadTimes } from "./uploads.ts";

/** The results of each section; null if it needs processes that the system does not show. */
interface Results {
  readonly operations: Operations;
  readonly dollars: Dollars;
  readonly edge: EdgeTimes;
  readonly growth: Growth;
  readonly uploads: readonly UploadTimes[];
  readonly deliveries: DeliveryTimes;
  readonly memory: readonly MemoryUse[] | null;
  readonly proxy: ProxyResults;
  readonly collection: readonly CollectionCost[];
  readonly load: readonly LoadCost[] | null;
}

export type SectionName = keyof Results;

interface Section<T> {
  readonly measure: (plan: Plan) => Promise<T>;
  readonly table: (measured: T) => string;
  /** Returns the missed bars, in words. */
  readonly missed: (measured: T) => readonly string[];
  readonly plot?: (measured: T) => Plot;
}

const SECTIONS: { readonly [N in SectionName]: Section<Results[N]> } = {
  operations: { measure: countOperations, table: operationsTable, missed: missedBudgets },
  dollars: { measure: measureDollars, table: dollarsTable, missed: missedDollars },
  edge: { measure: measureEdge, table: edgeTables, missed: missedEdge },
  growth: {
    measure: ({ growth }) => measureGrowth(growth),
    table: growthTable,
    missed: missedGrowth,
    plot: growthPlot,
  },
  uploads: {
    measure: ({ uploads }) => onServer((server) => measureUploads(server, uploads)),
    table: uploadsTable,
    missed: missedFinish,
  },
  deliveries: {
    measure: ({ pushes }) => onServer((server) => measureDeliveries(server, pushes)),
    table: deliveriesTable,
    missed: missedDeliveries,
  },
  memory: { measure: ({ memory }) => measureMemory(memory), table: memoryTable, missed: missedMemory },
  proxy: { measure: ({ proxy }) => measureProxy(proxy), table: proxyTable, missed: missedProxy },
  collection: {
    measure: ({ collection }) => measureCollection(collection),
    table: collectionTable,
    missed: missedCollection,
  },
  load: { measure: ({ load }) => measureLoad(load), table: loadTable, missed: missedLoad },
};

const onServer: typeof withServer = (use) => {
  progress("starting a server");
  return withServer(use);
};

export const isSection = (name: string): name is SectionName => Object.hasOwn(SECTIONS, name);

/** The names of the sections, in order. */
export const SECTION_NAMES: readonly SectionName[] = Object.keys(SECTIONS).filter(isSection);

interface Outcome<T> {
  readonly measured: T;
  readonly missed: readonly string[];
  /** An SVG document; null if the section has no plot. */
  readonly plot: string | null;
}

/** Measures one section, and shows the results. */
export async function runSection<N extends SectionName>(name: N, plan: Plan): Promise<Outcome<Results[N]>> {
  const { measure, table, missed, plot }: Section<Results[N]> = SECTIONS[name];
  const measured = await measure(plan);
  console.log(`\n${table(measured)}\n`);
  return { measured, missed: missed(measured), plot: plot === undefined ? null : svgOf(plot(measured)) };
}
