import { inBatches } from "../../src/cli/in-batches.ts";
import { progress } from "../units.ts";
import type { Peer } from "./peer.ts";
import { type Spread, spreadOf } from "./statistics.ts";

/** One action of a client, from its first request to its last answer. */
export type Operation = () => Promise<void>;

/** Operations that all peers are asked to perform. */
export interface Workload {
  readonly name: string;
  /** The number of turns for each peer. */
  readonly runs: number;
  /** The number of operations that run at a time. */
  readonly concurrency: number;
  /**
   * Gives a peer the content that it needs. Returns a function that makes the operations of one run. Neither is
   * measured.
   */
  readonly prepare: (peer: Peer) => Promise<() => readonly Operation[]>;
}

/** The results of a workload at one peer. */
export interface Result {
  readonly peer: string;
  /** The durations of all successful operations; null if there are none. */
  readonly spread: Spread | null;
  /** Successful operations a second; null if there are none. */
  readonly rate: number | null;
  /** The median as a multiple of the first peer's; null if either has none. */
  readonly ratio: number | null;
  readonly failed: number;
  /** Reasons of failures, each once. */
  readonly reasons: readonly string[];
}

export interface Measured {
  readonly workload: string;
  readonly results: readonly Result[];
}

/** One peer's results so far. */
interface Record {
  readonly peer: Peer;
  /** Makes the operations of one run; null if the peer could not be prepared. */
  readonly makeRun: (() => readonly Operation[]) | null;
  readonly durations: number[];
  readonly reasons: string[];
  /** Milliseconds of all runs together. */
  elapsed: number;
}

/** Performs a workload at all peers in turns, so that a machine that is busy for a while slows them all. */
export async function measure(workload: Workload, peers: readonly Peer[]): Promise<Measured> {
  progress(workload.name);
  const records = await Promise.all(peers.map((peer) => prepare(workload, peer)));
  for (let run = 0; run < workload.runs; run++) {
    for (const record of records) if (isWorthWhile(record)) await perform(record, workload.concurrency);
  }
  const first = records[0] === undefined ? null : spreadOf(records[0].durations);
  return { workload: workload.name, results: records.map((record) => resultOf(record, first)) };
}

async function prepare({ prepare: makeReady }: Workload, peer: Peer): Promise<Record> {
  const record = { peer, durations: [], reasons: [], elapsed: 0 };
  try {
    return { ...record, makeRun: await makeReady(peer) };
  } catch (failure) {
    return { ...record, reasons: [reasonOf(failure)], makeRun: null };
  }
}

/** False if the workload has failed and never succeeded: then it is not tried again. */
function isWorthWhile({ durations, reasons }: Record): boolean {
  return durations.length > 0 || reasons.length === 0;
}

/** Milliseconds after which a run begins no more operations. */
const RUN_LIMIT = 60_000;

async function perform(record: Record, concurrency: number): Promise<void> {
  const operations = record.makeRun?.() ?? [];
  const begun = performance.now();
  // No operation fails for inBatches, so that it returns only after all have ended.
  await inBatches(operations, concurrency, async (operation) => {
    const start = performance.now();
    if (start - begun > RUN_LIMIT) return;
    try {
      await operation();
      record.durations.push(performance.now() - start);
    } catch (failure) {
      record.reasons.push(reasonOf(failure));
    }
  });
  record.elapsed += performance.now() - begun;
}

function resultOf({ peer, durations, reasons, elapsed }: Record, first: Spread | null): Result {
  const spread = spreadOf(durations);
  return {
    peer: peer.name,
    spread,
    rate: spread === null ? null : spread.count / (elapsed / 1000),
    ratio: spread === null || first === null ? null : spread.p50 / first.p50,
    failed: reasons.length,
    reasons: [...new Set(reasons)],
  };
}

export function reasonOf(failure: unknown): string {
  return failure instanceof Error ? failure.message : String(failure);
}
