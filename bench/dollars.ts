/** Dollars that whole pushes, pulls and lists cost: the counts of the tests at Cloudflare's prices. */
import * as z from "zod";
import { type Usage, workloadSchema, WORKLOADS, type WorkloadKey, workloadKeys } from "../harness/budget/usage.ts";
import { dollarsOf, type Priced } from "./prices.ts";
import { table } from "../harness/table.ts";
import { runTests } from "./test-report.ts";
import { progress } from "./units.ts";

/** The cost of one workload, here and on serverless-registry. */
interface WorkloadCost {
  readonly key: WorkloadKey;
  readonly usage: Usage;
  /** Dollars for one push, pull or page. */
  readonly dollars: number;
  /** Dollars for the same on serverless-registry; null if its cost is unknown. */
  readonly peerDollars: number | null;
}

export interface Dollars {
  readonly costs: readonly WorkloadCost[];
  readonly failures: readonly string[];
}

const metaSchema = z.object({ workload: workloadSchema.optional() });

export async function measureDollars(): Promise<Dollars> {
  progress("counting what pushes, pulls and lists use of what is billed");
  const { metas, failures } = await runTests(["test/budget/workloads"], metaSchema);
  const costs = metas.flatMap(({ workload }) => (workload === undefined ? [] : [costOf(workload)]));
  return { costs, failures };
}

function costOf({ key, usage }: { readonly key: WorkloadKey; readonly usage: Usage }): WorkloadCost {
  const peer = PEER[key];
  const peerDollars = peer === undefined ? null : dollarsOf({ ...peer, requests: usage.requests - ownRequests(usage) });
  return { key, usage, dollars: dollarsOf(pricedOf(usage)), peerDollars };
}

/**
 * R2 operations of serverless-registry, counted by hand on local wrangler. For pushes, neither the way of uploading
 * (PUT or PATCH) nor the layers' sizes are on record. A pull takes one operation for each blob and the manifest, cold
 * or warm: 12 for 10 layers.
 */
const PEER: Readonly<Partial<Record<WorkloadKey, Priced>>> = {
  firstPushByPut: { classA: 41, classB: 38 },
  firstPushByPatch: { classA: 41, classB: 38 },
  firstPushOfLarge: { classA: 41, classB: 38 },
  pushUnchanged: { classA: 5, classB: 15 },
  fullPull: { classB: 7 },
  pullTagCold: { classB: 12 },
  pullTagWarm: { classB: 12 },
  pullDigestCold: { classB: 12 },
  pullDigestWarm: { classB: 12 },
  tags: { classA: 22 },
  catalog: { classA: 41 },
};

/** Returns the requests that serverless-registry does not have: it has no tokens to fetch, and consumes no messages. */
const ownRequests = ({ messages }: Usage): number => 1 + (messages > 0 ? 1 : 0);

/** GB that a Durable Object counts as. */
const OBJECT_GB = 0.128;

function pricedOf({ requests, classA, classB, rowsRead, rowsWritten, ...used }: Usage): Priced {
  return {
    requests,
    classA,
    classB,
    rowsRead,
    rowsWritten,
    objectRequests: used.objectRequests,
    objectGbSeconds: (used.objectMs / 1000) * OBJECT_GB,
    queueOperations: used.messages * 3,
  };
}

const NOTES: readonly string[] = [
  "Prices are those past what a month includes; the plan itself ($5 a month), storage and CPU are not in them.",
  "With a token fetched for each push and pull, as clients do, and the 401 before it.",
  "Durable Objects: 128 MB for as long as its calls take here; a slow line makes that longer. Their SQLite rows are not counted.",
  "Queue: three operations a message; a batch of messages counts as a request. No trigger matches.",
  "Warm: again in the same data centre, within READ_MEMORY_SECONDS. Its cache is free.",
  "serverless-registry: its R2 operations as counted by hand, and as many requests, but for the token's; nothing else.",
  "Its tags at 1,001 tags, its catalog at 2 repositories; its first push was counted once (how, and with which layers, is not on record) and stands for all three.",
];

export function dollarsTable({ costs }: Dollars): string {
  const header = ["Used, and dollars for a million (pulls, pages) or a thousand (pushes)", "requests", "R2 A", "R2 B"];
  const rows = costs.map(({ key, usage, dollars, peerDollars }) => [
    WORKLOADS[key],
    String(usage.requests),
    String(usage.classA),
    String(usage.classB),
    `${usage.rowsRead} / ${usage.rowsWritten}`,
    String(usage.objectRequests),
    usage.objectMs.toFixed(0),
    String(usage.messages * 3),
    money(key, dollars),
    peerDollars === null ? "" : money(key, peerDollars),
  ]);
  const more = ["D1 rows read / written", "Durable Object", "ms", "Queue", "Spacedock", "serverless-registry"];
  return `${table([...header, ...more], rows)}\n\n${NOTES.map((note) => `  ${note}`).join("\n")}`;
}

const isPush = (key: WorkloadKey): boolean => key.includes("ush");

/** Formats dollars: for a thousand pushes, or for a million pulls or pages. */
function money(key: WorkloadKey, dollars: number): string {
  return `$${(dollars * (isPush(key) ? 1000 : 1_000_000)).toFixed(isPush(key) ? 3 : 2)}`;
}

/** The most class A operations that a first push may take, as a share of those on serverless-registry. */
const MAX_CLASS_A: Readonly<Partial<Record<WorkloadKey, number>>> = { firstPushByPut: 0.2, firstPushByPatch: 0.5 };

const WARM: ReadonlySet<WorkloadKey> = new Set(["pullTagWarm", "pullDigestWarm"]);

/**
 * Checks that a warm pull costs less than on serverless-registry, and that a first push takes few class A operations.
 */
export function missedDollars({ costs, failures }: Dollars): readonly string[] {
  const missing = workloadKeys.filter((key) => !costs.some((cost) => cost.key === key));
  return [
    ...costs.flatMap(missedWarm),
    ...costs.flatMap(missedClassA),
    ...missing.map((key) => `${WORKLOADS[key]}: not counted`),
    ...failures.map((failure) => `test/budget failed: ${failure}`),
  ];
}

function missedWarm({ key, dollars, peerDollars }: WorkloadCost): readonly string[] {
  if (!WARM.has(key) || peerDollars === null || dollars < peerDollars) return [];
  return [`${WORKLOADS[key]} costs ${money(key, dollars)}; ${money(key, peerDollars)} on serverless-registry`];
}

function missedClassA({ key, usage: { classA } }: WorkloadCost): readonly string[] {
  const share = classA / (PEER[key]?.classA ?? Infinity);
  const most = MAX_CLASS_A[key] ?? Infinity;
  return share <= most
    ? []
    : [`${WORKLOADS[key]} takes ${share.toFixed(2)} of its class A operations; ${most} is the most`];
}
