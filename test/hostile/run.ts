/** `npm run hostile`: tests the requests by which a client may keep an isolate busy. See HELP. */
import { table } from "../../harness/table.ts";
import { cpuTime, descendants } from "../../harness/processes.ts";
import { type Findings, runProgram } from "../../harness/live/program.ts";
import { startOwnServer } from "../../harness/live/server.ts";
import { type Case, casesOf, HEAVY_PATTERNS } from "./cases.ts";
import { openWorld, type World } from "./world.ts";

const HELP = `npm run hostile -- [--rounds <n>] [--size <n>] [--bar <ms>] [--json <file>]

Sends each list, pattern, expression and depth of the API at its limit, and beyond it, to a local server, each with a /healthz
beside it, and checks that

  it is answered as it should be, and never with a 5xx,
  none takes more CPU than the bar, of all that the server does for it: Worker, database and all,
  /healthz is answered meanwhile.

  --rounds <n>        so often each, of which the middle one counts (5)
  --size <n>          tags and repositories that lists have to go through (1000)
  --bar <ms>          CPU for one request; local storage is simulated in the same process, which is in it (100)
                      What is over it is measured twice more, since a compiler and a collector work beside it: the least counts
  --json <file>       writes the findings there too

Needs Linux, which says what CPU a process took. Ends with 1 when anything is violated.`;

interface Measured {
  /** Milliseconds of CPU. */
  readonly cpu: number;
  /** Milliseconds until /healthz had answered, however busy the machine is. */
  readonly healthz: number;
  readonly status: number;
}

function authorizationOf({ server, secrets }: World, as: Case["as"]): Record<string, string> {
  if (as === "nobody") return {};
  if (as === "administrator") return { Authorization: `Bearer ${server.adminToken}` };
  return { Authorization: `Basic ${Buffer.from(`ci:${secrets[as]}`).toString("base64")}` };
}

async function send(world: World, { as, request }: Case): Promise<number> {
  const { method, path, body = null, contentType } = request;
  const headers = { ...authorizationOf(world, as), ...(contentType !== undefined && { "Content-Type": contentType }) };
  const answer = await fetch(new URL(path, world.server.url), { method, headers, body });
  await answer.arrayBuffer();
  return answer.status;
}

async function isHealthyAfter({ server }: World): Promise<number> {
  const begun = performance.now();
  const answer = await fetch(`${server.url}/healthz`);
  await answer.arrayBuffer();
  if (!answer.ok) throw new Error(`/healthz answered ${answer.status}`);
  return performance.now() - begun;
}

async function measure(world: World, pids: readonly number[], one: Case): Promise<Measured> {
  const used = (): number => pids.reduce((sum, pid) => sum + cpuTime(pid), 0);
  const before = used();
  const [status, healthz] = await Promise.all([send(world, one), isHealthyAfter(world)]);
  return { cpu: used() - before, healthz, status };
}

/** Returns the median round: other work of the machine makes some of them more expensive. */
async function middleOf(world: World, pids: readonly number[], one: Case, rounds: number): Promise<Measured> {
  const measured: Measured[] = [];
  for (let round = 0; round < rounds; round++) measured.push(await measure(world, pids, one));
  const middle = measured.toSorted((left, right) => left.cpu - right.cpu)[Math.floor(rounds / 2)];
  if (middle === undefined) throw new Error("--rounds is 1 at least");
  return middle;
}

/** Measures results over the bar again, and takes the least: a request that is expensive is so each time. */
async function settle(measured: () => Promise<Measured>, bar: number): Promise<Measured> {
  let least = await measured();
  for (let again = 0; again < 2 && least.cpu > bar; again++) {
    const next = await measured();
    if (next.cpu < least.cpu || next.status !== least.status) least = next;
  }
  return least;
}

async function hostile(
  { rounds, size, bar }: Readonly<Record<"rounds" | "size" | "bar", number>>,
  stack: AsyncDisposableStack,
): Promise<Findings> {
  const server = await startOwnServer();
  stack.defer(() => server.stop());
  const world = await openWorld(server, size, HEAVY_PATTERNS);
  const pids = descendants(server.pid(), "workerd");
  if (pids.length === 0) throw new Error("no workerd is to be seen: this needs Linux's /proc");
  const violations: string[] = [];
  const rows: string[][] = [];
  let most = 0;
  for (const one of casesOf(world)) {
    const { cpu, healthz, status } = await settle(() => middleOf(world, pids, one, rounds), bar);
    rows.push([one.name, String(status), `${cpu} ms`, `${Math.round(healthz)} ms`]);
    most = Math.max(most, cpu);
    if (status !== one.status) violations.push(`${one.name}: answered ${status}, and not ${one.status}`);
    if (cpu > bar) violations.push(`${one.name}: took ${cpu} ms of CPU`);
  }
  console.log(table(["request", "status", "CPU", "/healthz beside it"], rows));
  return { figures: { requests: rows.length, mostCpuMs: most }, violations };
}

await runProgram({
  title: "Hostile",
  help: HELP,
  defaults: { rounds: 5, size: 1000, bar: 100 },
  run: hostile,
});
