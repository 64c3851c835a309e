/** Pushes and pulls at each Worker in turns, and times each operation. */
import * as z from "zod";
import { progress } from "../units.ts";
import { PULLS, push, pushLayer, SCOPE } from "./clients.ts";
import { makePushed, randomBlob } from "./content.ts";
import { delayOf, expectedMs } from "./expected.ts";
import type { Plan } from "./options.ts";
import { openSession, type Session } from "./session.ts";
import type { Target } from "./targets.ts";
import { CALL_KINDS, type CallKind } from "../../harness/bindings/plans.ts";
import { TRACE_PATH } from "./wrapper/protocol.ts";
import type { TracedRequest } from "./wrapper/trace.ts";

/** One operation of a client, done once. */
export interface Sample {
  readonly ms: number;
  /** Milliseconds that the delays alone make it take. */
  readonly expectedMs: number;
  /** Milliseconds that the client's round trips alone make it take: no registry can be faster. */
  readonly leastMs: number;
  readonly requests: number;
  /** Calls by kind, those after the answer included. */
  readonly calls: Readonly<Partial<Record<CallKind, number>>>;
  /** Calls by name, such as "R2 put". */
  readonly names: Readonly<Partial<Record<string, number>>>;
}

/** An operation's samples at one Worker. */
export interface Measured {
  readonly operation: string;
  /** The kind that the bars are for. */
  readonly kind: OperationKind;
  readonly worker: string;
  readonly samples: Sample[];
}

type OperationKind = "push" | "cold pull" | "warm pull";

interface Operation {
  readonly operation: string;
  readonly kind: OperationKind;
  readonly act: (session: Session) => Promise<void>;
}

/** Performs each operation at all Workers in turns. A first round does not count. */
export async function measure(
  targets: readonly Target[],
  { rounds, layers, largeLayer }: Plan,
  roundTrip: number,
): Promise<readonly Measured[]> {
  const measured = new Map<string, Measured>();
  for (let round = 0; round <= rounds; round++) {
    progress(round === 0 ? "a first round, which does not count" : `round ${round} of ${rounds}`);
    for (const { operation, kind, act } of operationsOf(layers, largeLayer)) {
      for (const target of round % 2 === 0 ? targets : targets.toReversed()) {
        const sample = await sampleOf(target, roundTrip, act);
        const key = `${operation} ${target.name}`;
        const row = measured.get(key) ?? { operation, kind, worker: target.name, samples: [] };
        measured.set(key, row);
        if (round > 0) row.samples.push(sample);
      }
    }
  }
  return [...measured.values()];
}

/** The way to push an image, by the way to pull it. Both ways are used in turns. */
const WAYS = { tag: "PUT", digest: "PATCH" } as const;

/**
 * Returns the operations of one round, in order. All content is new, so that its first pull is cold, and the next one
 * is warm.
 */
function operationsOf(layers: readonly number[], largeLayer: number): readonly Operation[] {
  const ofClients = Object.entries(PULLS).flatMap(([client, pull]) =>
    (["tag", "digest"] as const).flatMap((by): readonly Operation[] => {
      const pushed = makePushed(layers);
      const reference = by === "tag" ? pushed.tag : pushed.manifest.digest;
      const act = (session: Session): Promise<void> => pull(session, pushed, reference);
      return [
        { operation: `push by ${WAYS[by]}`, kind: "push", act: (session) => push(session, pushed, WAYS[by]) },
        { operation: `pull by ${by}, ${client}, cold`, kind: "cold pull", act },
        { operation: `pull by ${by}, ${client}, warm`, kind: "warm pull", act },
      ];
    }),
  );
  const ofLayers = Object.values(WAYS).map((way): Operation => {
    const layer = randomBlob(largeLayer);
    return {
      operation: `push a large layer by ${way}`,
      kind: "push",
      act: (session) => pushLayer(session, layer, way),
    };
  });
  return [...ofClients, ...ofLayers];
}

async function sampleOf(target: Target, roundTrip: number, act: Operation["act"]): Promise<Sample> {
  const session = openSession(target, roundTrip, SCOPE);
  const begun = performance.now();
  await act(session);
  const ms = performance.now() - begun;
  const requests = await takeTrace(target);
  const expectedWith = (delay: typeof delayOf): number =>
    expectedMs(session.stages, new Map(requests.map((one) => [one.request, roundTrip + delay(one, requests)])));
  const calls = requests.flatMap((one) => one.calls);
  return {
    ms,
    expectedMs: expectedWith(delayOf),
    leastMs: expectedWith(() => 0),
    requests: session.stages.flatMap((pools) => pools.flatMap(({ tasks }) => tasks.flat())).length,
    calls: tally(calls.map(({ kind }) => kind)),
    names: tally(calls.map(({ name }) => name)),
  };
}

/** Counts the occurrences of each key. */
function tally<K extends string>(keys: readonly K[]): Partial<Record<K, number>> {
  const counts: Partial<Record<K, number>> = {};
  for (const key of keys) counts[key] = (counts[key] ?? 0) + 1;
  return counts;
}

const traceSchema: z.ZodType<readonly TracedRequest[]> = z.array(
  z.object({
    request: z.string(),
    answered: z.number().nullable(),
    calls: z.array(
      z.object({
        kind: z.enum(CALL_KINDS),
        name: z.string(),
        delay: z.number(),
        began: z.number(),
        ended: z.number(),
      }),
    ),
  }),
);

/** Returns the Worker's trace since the last call, once its work after answers has ended. */
async function takeTrace({ url }: Target): Promise<readonly TracedRequest[]> {
  const response = await fetch(url + TRACE_PATH);
  return traceSchema.parse(await response.json());
}
