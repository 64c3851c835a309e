import { parseArgs } from "node:util";

export interface Options {
  readonly help: boolean;
  /** The file for the results as JSON; null for none. */
  readonly json: string | null;
  /** Another Worker's configuration, or its directory; null for none. */
  readonly worker: string | null;
  readonly workerEnvironment: string | null;
  /** The login: "user:password". */
  readonly workerLogin: string;
  /** A file with other delays; null for the usual ones. */
  readonly delays: string | null;
  /** Settings of this Worker, such as "WARM_MB:0". */
  readonly settings: readonly string[];
  /** A setting of a second copy of this Worker, measured at the same time; null for no second copy. */
  readonly beside: string | null;
  readonly plan: Plan;
}

/** The extent of the measurement. Sizes are in bytes. */
export interface Plan {
  readonly rounds: number;
  /** Small layers, since bytes take the same time in any registry, and the bench measures round trips. */
  readonly layers: readonly number[];
  /** Larger than two parts of an upload. */
  readonly largeLayer: number;
}

const LAYERS = Array.from({ length: 10 }, () => 100_000);
const LARGE_LAYER = 12 * 1024 * 1024;

export const QUICK_PLAN: Plan = { rounds: 2, layers: LAYERS, largeLayer: LARGE_LAYER };

export const HELP = `npm run bench:edge -- [--worker <path> [--worker-env <name>] [--worker-login <user:password>]]
                      [--delays <file>] [--var <name:value>] [--beside <name:value>] [--quick] [--json <file>]

The edge, simulated: this Worker, and another one if given, in wrangler on this machine, with a delay added to each call of a
binding and to each request of the client. Prints how long clients take to push and pull an image of ten layers, how many calls
that makes, and how long it would take if nothing but the delays took time, which is the same on every machine.

  --worker <path>         another Worker that is a registry, at the same time: its configuration for wrangler, or the directory
                          of it. Its packages must be installed there; nothing of it is kept or changed
  --worker-env <name>     the environment of that configuration
  --worker-login <login>  who may push there, as user:password (default hello:world)
  --delays <file>         JSON, in milliseconds, each of which may be left out:
                          {"client": 20, "cache": 3, "r2": 40, "d1Primary": 60, "d1Replica": 10, "durableObject": 20,
                           "queue": 15, "kv": 10}
  --var <name:value>      a setting of this Worker, as in WARM_MB:0; may be repeated
  --beside <name:value>   this Worker once more, at the same time, with that setting: what it changes is the ratio
  --quick                 2 rounds instead of 5
  --json <file>           writes the results there too
  --help                  this

With another Worker, ends with 1 when a bar is missed: a warm pull takes at most 0.3 of its time, a cold one at most 0.9.
Leave src/ alone meanwhile: a change restarts the Worker.`;

/** Reads the options; null if they do not match HELP. */
export function readOptions(args: readonly string[]): Options | null {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        worker: { type: "string" },
        "worker-env": { type: "string" },
        "worker-login": { type: "string" },
        delays: { type: "string" },
        var: { type: "string", multiple: true },
        beside: { type: "string" },
        quick: { type: "boolean" },
        json: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    });
    return {
      help: values.help ?? false,
      json: values.json ?? null,
      worker: values.worker ?? null,
      workerEnvironment: values["worker-env"] ?? null,
      workerLogin: values["worker-login"] ?? "hello:world",
      delays: values.delays ?? null,
      settings: values.var ?? [],
      beside: values.beside ?? null,
      plan: values.quick === true ? QUICK_PLAN : { ...QUICK_PLAN, rounds: 5 },
    };
  } catch {
    return null;
  }
}
