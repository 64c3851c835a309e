/** zot's own benchmark, `zb`, run as it is: test by test, at all peers in turns. */
import { execFile } from "node:child_process";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { progress } from "../units.ts";
import type { Plan } from "./options.ts";
import { type Measured, reasonOf, type Result } from "./measure.ts";
import type { Peer } from "./peer.ts";
import type { Spread } from "./statistics.ts";

const run = promisify(execFile);

/** Milliseconds after which a test counts as hanging. */
const TIME_LIMIT = 600_000;

interface Load {
  readonly requests: number;
  readonly concurrency: number;
}

/** Runs the tests of zb. @param command the path of `zb` */
export async function measureZb(
  command: string,
  peers: readonly Peer[],
  { transfers, concurrency }: Pick<Plan, "transfers" | "concurrency">,
): Promise<readonly Measured[]> {
  const measured: Measured[] = [];
  for (const test of await testsOf(command)) {
    const wanted = transfers[/100MB/.test(test) ? "large" : /10MB/.test(test) ? "medium" : "small"];
    // zb panics if there are fewer requests than workers.
    const requests = Math.max(wanted, concurrency);
    const workload = `zb, ${test}, ${requests} times`;
    progress(workload);
    const results: Result[] = [];
    for (const peer of peers) {
      const result = await perform(command, test, peer, { requests, concurrency });
      const first = results[0]?.spread ?? null;
      const isComparable = results.length > 0 && first !== null && result.spread !== null;
      results.push({ ...result, ratio: isComparable ? (result.spread?.p50 ?? 0) / first.p50 : null });
    }
    measured.push({ workload, results });
  }
  return measured;
}

/** Lists the tests of zb, except those that need a registry to fetch from. */
async function testsOf(command: string): Promise<readonly string[]> {
  const { stdout } = await run(command, ["--list-tests", "http://localhost"]);
  return stdout.split("\n").filter((line) => line !== "" && !line.includes("Sync"));
}

async function perform(
  command: string,
  test: string,
  { name, address, root, credential }: Peer,
  { requests, concurrency }: Load,
): Promise<Result> {
  // zb deletes this directory at its end.
  const directory = await mkdtemp(join(tmpdir(), "spacedock-zb-"));
  const login = credential?.kind === "password" ? ["-A", `${credential.username}:${credential.secret}`] : [];
  const load = ["-n", String(requests), "-c", String(concurrency)];
  const only = `^${test.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)}$`;
  const args = [...login, ...load, "-r", `${root}/zb`, "-d", directory, "-t", only, new URL(address).origin];
  try {
    const { stdout } = await run(command, args, { timeout: TIME_LIMIT, maxBuffer: 64 * 1024 * 1024 });
    return { peer: name, ratio: null, ...readResult(stdout, requests) };
  } catch (failure) {
    const reason = reasonOf(failure).split("\n").at(-2) ?? "zb failed";
    return { peer: name, spread: null, rate: null, ratio: null, failed: requests, reasons: [reason] };
  }
}

/** Returns the number of answers with each kind of error status; zb prints no more about them. */
function refusalsIn(text: string): readonly string[] {
  const refusals = text.match(/^[45]xx responses: \d+$/gm) ?? [];
  return refusals.length === 0 ? ["zb says no more"] : refusals;
}

/** Reads the output of one test. Throws if it is something else. */
export function readResult(text: string, count: number): Omit<Result, "peer" | "ratio"> {
  const failed = Number(/^Failed requests:\s+(\d+)/m.exec(text)?.[1] ?? Number.NaN);
  const rate = Number(/^Requests per second:\s+([\d.]+)/m.exec(text)?.[1] ?? Number.NaN);
  const spread: Spread = {
    count,
    min: durationIn(text, "min"),
    p50: durationIn(text, "p50"),
    p90: durationIn(text, "p90"),
    p99: durationIn(text, "p99"),
    max: durationIn(text, "max"),
  };
  if ([failed, rate, ...Object.values(spread)].some(Number.isNaN)) throw new Error("zb printed no result\n");
  return { spread, rate, failed, reasons: failed > 0 ? refusalsIn(text) : [] };
}

const MILLISECONDS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1, µs: 0.001, ns: 1e-6 };

/** Reads a duration as Go writes it, in milliseconds: `1m2.5s`, `12.3ms`. NaN if there is none. */
function durationIn(text: string, label: string): number {
  const [, written = ""] = new RegExp(`^${label}: (.+)$`, "m").exec(text) ?? [];
  const parts = [...written.matchAll(/([\d.]+)(h|ms|m|s|µs|ns)/g)];
  if (parts.length === 0) return Number.NaN;
  return parts.reduce((sum, [, value, unit = ""]) => sum + Number(value) * (MILLISECONDS[unit] ?? Number.NaN), 0);
}
