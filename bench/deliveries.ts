/**
 * Pushes repeatedly to a space with five triggers. Measures whether each push that matches is delivered once, and how
 * long that takes.
 */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { freePort } from "../harness/live/port.ts";
import { type BenchServer, SPACE } from "./server.ts";
import { median, progress } from "./units.ts";

export interface DeliveryTimes {
  readonly pushes: number;
  /** The deliveries that the triggers call for: one for each push and each trigger that takes it. */
  readonly expected: number;
  /**
   * Deliveries that were not sent because the target had already received a newer version: a deployment never goes
   * backwards.
   */
  readonly outdated: number;
  readonly missing: number;
  /** Deliveries that arrived more than once. */
  readonly repeated: number;
  /** Milliseconds for all pushes, one after another. */
  readonly pushMs: number;
  /** Milliseconds from the last push to the last delivery. */
  readonly restMs: number;
  /** Milliseconds from the answer to a push to the arrival of its deliveries. */
  readonly latency: { readonly median: number; readonly longest: number };
}

/** Triggers, and the pushes 0, 1, 2, … that each takes. The tags are 1.0.0, 1.0.1, 1.0.2, …. */
const TRIGGERS: readonly { readonly tag?: object; readonly takes: (push: number) => boolean }[] = [
  { takes: () => true },
  { tag: { type: "semver", value: "^1.0" }, takes: () => true },
  { tag: { type: "glob", value: "1.*" }, takes: () => true },
  { tag: { type: "regex", value: "[02468]$" }, takes: (push) => push % 2 === 0 },
  { tag: { type: "exact", value: "latest" }, takes: () => false },
];

const REPOSITORY = `${SPACE}/deliveries`;
const MANIFEST = "application/vnd.oci.image.manifest.v1+json";

/** Milliseconds without any delivery after which no more are expected. */
const PATIENCE = 60_000;

interface Arrival {
  readonly id: string;
  readonly tag: string;
  readonly at: number;
}

export async function measureDeliveries(server: BenchServer, pushes: number): Promise<DeliveryTimes> {
  progress(`pushing ${pushes} times to a space with ${TRIGGERS.length} triggers`);
  const arrivals: Arrival[] = [];
  const port = await freePort();
  const receiver = receive(port, arrivals);
  try {
    await makeTriggers(server, port);
    const began = performance.now();
    const pushed = await pushAll(server, pushes);
    const ended = performance.now();
    const expected = TRIGGERS.reduce(
      (sum, { takes }) => sum + [...pushed.keys()].filter((push) => takes(push)).length,
      0,
    );
    progress(`waiting for ${expected} deliveries`);
    const outdated = await arrivalOf(server, expected, arrivals);
    return figures(pushed, arrivals, { expected, outdated, began, ended });
  } finally {
    receiver.close();
  }
}

const told = z.object({ data: z.object({ tag: z.string() }) });

function receive(port: number, arrivals: Arrival[]): Server {
  const take = async (request: IncomingMessage): Promise<void> => {
    const { tag } = told.parse(JSON.parse(await text(request))).data;
    arrivals.push({ id: String(request.headers["webhook-id"]), tag, at: performance.now() });
  };
  const server = createServer((request, response) => {
    take(request).then(
      () => response.end(),
      (fault: unknown) => response.writeHead(400).end(String(fault)),
    );
  });
  return server.listen(port, "127.0.0.1");
}

const made = z.object({ id: z.string() });

async function makeTriggers(server: BenchServer, port: number): Promise<void> {
  for (const [index, { tag }] of TRIGGERS.entries()) {
    const url = `http://127.0.0.1:${port}/${index}`;
    const { id } = await post(server, "targets", { name: `bench ${index}`, type: "standard-webhook", url });
    const match = { repositories: ["deliveries"], ...(tag && { tag }) };
    await post(server, "triggers", { name: `bench ${index}`, match, targets: [id] });
  }
}

async function post({ url, adminToken }: BenchServer, path: string, body: object): Promise<z.infer<typeof made>> {
  const answer = await fetch(`${url}/api/v1/spaces/${SPACE}/${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${adminToken}` },
    body: JSON.stringify(body),
  });
  if (answer.status !== 201) throw new Error(`POST ${path}: ${answer.status} ${await answer.text()}`);
  return made.parse(await answer.json());
}

/** Pushes in order, and returns the time of each answer. */
async function pushAll(server: BenchServer, pushes: number): Promise<readonly number[]> {
  const content = "{}";
  const digest = `sha256:${createHash("sha256").update(content).digest("hex")}`;
  const send = async (method: string, path: string, body: string): Promise<void> => {
    const answer = await fetch(`${server.url}/v2/${REPOSITORY}/${path}`, {
      method,
      headers: { authorization: `Bearer ${server.secret}`, "content-type": MANIFEST },
      body,
    });
    if (answer.status !== 201) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    await answer.arrayBuffer();
  };
  await send("POST", `blobs/uploads/?digest=${digest}`, content);
  const config = { mediaType: "application/vnd.oci.image.config.v1+json", digest, size: content.length };
  const pushed: number[] = [];
  for (let push = 0; push < pushes; push++) {
    const annotations = { "org.opencontainers.image.version": String(push) };
    const manifest = { schemaVersion: 2, mediaType: MANIFEST, config, layers: [], annotations };
    await send("PUT", `manifests/1.0.${push}`, JSON.stringify(manifest));
    pushed.push(performance.now());
  }
  return pushed;
}

/**
 * Waits until the expected number of deliveries have arrived or become outdated, or until none has arrived for long.
 * Then waits a little more, for deliveries that come twice. Returns the number of outdated ones.
 */
async function arrivalOf(server: BenchServer, expected: number, arrivals: readonly Arrival[]): Promise<number> {
  let last = performance.now();
  let outdated = 0;
  for (let count = -1; new Set(arrivals.map(({ id }) => id)).size + outdated < expected;) {
    if (arrivals.length > count) last = performance.now();
    if (performance.now() - last > PATIENCE) return outdated;
    count = arrivals.length;
    await sleep(1000);
    outdated = await outdatedAt(server);
  }
  await sleep(5000);
  return outdated;
}

const page = z.object({ items: z.array(z.unknown()), next: z.string().nullable() });

async function outdatedAt({ url, adminToken }: BenchServer): Promise<number> {
  let count = 0;
  for (let cursor: string | null = ""; cursor !== null;) {
    const query = new URLSearchParams({ status: "superseded", limit: "100", ...(cursor !== "" && { cursor }) });
    const answer = await fetch(`${url}/api/v1/spaces/${SPACE}/deliveries?${query.toString()}`, {
      headers: { authorization: `Bearer ${adminToken}` },
    });
    const { items, next } = page.parse(await answer.json());
    count += items.length;
    cursor = next;
  }
  return count;
}

interface Course {
  readonly expected: number;
  readonly outdated: number;
  readonly began: number;
  readonly ended: number;
}

function figures(pushed: readonly number[], arrivals: readonly Arrival[], course: Course): DeliveryTimes {
  const { expected, outdated, began, ended } = course;
  const first = new Map(arrivals.toReversed().map((arrival) => [arrival.id, arrival]));
  const latencies = [...first.values()].map(({ tag, at }) =>
    Math.max(0, at - (pushed[Number(tag.split(".")[2])] ?? at)),
  );
  const last = Math.max(ended, ...[...first.values()].map(({ at }) => at));
  return {
    pushes: pushed.length,
    expected,
    outdated,
    missing: expected - first.size - outdated,
    repeated: arrivals.length - first.size,
    pushMs: ended - began,
    restMs: last - ended,
    latency: { median: latencies.length === 0 ? 0 : median(latencies), longest: Math.max(0, ...latencies) },
  };
}
