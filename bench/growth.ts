/** Costs of metadata operations, by the amount of content. */
import * as z from "zod";
import {
  type DatabaseSize,
  databaseSchema,
  type GrowthCost,
  growthOf,
  growthSchema,
  LINEAR,
  MAX_GROWTH,
} from "../harness/budget/usage.ts";
import type { Plot } from "./plot.ts";
import { table } from "../harness/table.ts";
import { runTests } from "./test-report.ts";
import { progress } from "./units.ts";

export interface Growth {
  readonly costs: readonly GrowthCost[];
  readonly databases: readonly DatabaseSize[];
  readonly failures: readonly string[];
}

const metaSchema = z.object({ growth: z.array(growthSchema).optional(), database: databaseSchema.optional() });

export async function measureGrowth(sizes: readonly number[]): Promise<Growth> {
  progress(`metadata operations among ${sizes.map((size) => size.toLocaleString("en")).join(", ")} of everything`);
  const settings = { GROWTH_SIZES: JSON.stringify(sizes) };
  const { metas, failures } = await runTests(["test/budget/growth"], metaSchema, settings);
  return {
    costs: metas.flatMap(({ growth }) => growth ?? []),
    databases: metas.flatMap(({ database }) => database ?? []),
    failures,
  };
}

/** Groups costs by operation, in the order of the operations; each group goes from the smallest size to the largest. */
function byOperation(costs: readonly GrowthCost[]): ReadonlyMap<string, readonly GrowthCost[]> {
  return Map.groupBy(costs, ({ operation }) => operation);
}

export function growthTable({ costs, databases }: Growth): string {
  const sizes = databases.map(({ size }) => size.toLocaleString("en"));
  const header = [
    "Rows read, with so many of everything",
    "queries",
    ...sizes,
    "×",
    ...sizes.map((size) => `ms, ${size}`),
  ];
  const rows = [...byOperation(costs)].map(([operation, all]) =>
    [
      [operation, String(all.at(-1)?.queries ?? "?")],
      all.map(({ rowsRead }) => rowsRead.toLocaleString("en")),
      [last(costs, all), all.at(-1)?.databaseMs.toFixed(1) ?? "?"],
      all.map(({ ms }) => ms.toFixed(0)),
    ].flat(),
  );
  const reasons = Object.entries(LINEAR).map(([operation, why]) => `  ${operation}: ${why}`);
  const bytes = databases.map(
    ({ size, bytes: all }) => `${size.toLocaleString("en")}: ${(all / 1_000_000).toFixed(1)} MB`,
  );
  return [table(header, rows), "", `  The database has, with so many: ${bytes.join("; ")}`, ...reasons].join("\n");
}

function last(costs: readonly GrowthCost[], all: readonly GrowthCost[]): string {
  const most = all.at(-1);
  return most === undefined ? "?" : growthOf(costs, most).toFixed(1);
}

export function missedGrowth({ costs, failures }: Growth): readonly string[] {
  const grown = costs
    .filter((cost) => LINEAR[cost.operation] === undefined && growthOf(costs, cost) > MAX_GROWTH)
    .map(
      (cost) =>
        `${cost.operation} reads ${growthOf(costs, cost).toFixed(1)} times the rows among ${cost.size.toLocaleString("en")}`,
    );
  return [...grown, ...(grown.length > 0 ? [] : failures.map((failure) => `test/budget failed: ${failure}`))];
}

export function growthPlot({ costs }: Growth): Plot {
  return {
    title: "Rows that one operation reads",
    xLabel: "tags, manifests, repositories, tokens, events and so on: so many of each",
    yLabel: "rows read",
    curves: [...byOperation(costs)].map(([label, all]) => ({
      label,
      points: all.map(({ size, rowsRead }) => ({ x: size, y: rowsRead })),
      dashed: LINEAR[label] !== undefined,
    })),
  };
}
