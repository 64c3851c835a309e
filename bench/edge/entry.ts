/** The module that wrangler runs in place of a Worker's own: it imports that one and wraps it. */
import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { unstable_readConfig } from "wrangler";
import * as z from "zod";
import type { BindingKind } from "../../harness/bindings/plans.ts";
import type { Delays } from "./wrapper/trace.ts";

/** A Worker in a checkout, which may be anywhere. */
export interface WorkerSource {
  /** Its configuration for wrangler. */
  readonly config: string;
  /** The environment in that configuration; null for the top level. */
  readonly environment: string | null;
}

interface WorkerParts {
  /** The path of the Worker's entry module. */
  readonly main: string;
  readonly bindings: Readonly<Record<string, BindingKind>>;
  /** The Durable Object classes that the entry module exports. */
  readonly classes: readonly string[];
}

const bindingList = z.array(z.object({ binding: z.string() })).default([]);

/** The parts that we need of a configuration that wrangler has read. */
const configSchema = z.object({
  main: z.string(),
  r2_buckets: bindingList,
  d1_databases: bindingList,
  kv_namespaces: bindingList,
  queues: z.object({ producers: bindingList }),
  durable_objects: z.object({
    bindings: z.array(z.object({ name: z.string(), class_name: z.string(), script_name: z.string().optional() })),
  }),
});

const WRAPPER = resolve(import.meta.dirname, "wrapper/worker.ts");

/** Writes the entry module into a directory, and returns its path. */
export async function writeEntry(directory: string, source: WorkerSource, delays: Delays): Promise<string> {
  const parts = readParts(source);
  const entry = join(directory, "entry.js");
  await writeFile(join(directory, "edge.js"), edgeModule(parts, delays));
  await writeFile(entry, entryModule(parts));
  return entry;
}

function readParts({ config, environment }: WorkerSource): WorkerParts {
  const read = configSchema.parse(
    unstable_readConfig({ config, ...(environment === null ? {} : { env: environment }) }),
  );
  const objects = read.durable_objects.bindings;
  return {
    main: resolve(read.main),
    bindings: Object.fromEntries([
      ...bound("r2", read.r2_buckets),
      ...bound("d1", read.d1_databases),
      ...bound("kv", read.kv_namespaces),
      ...bound("queue", read.queues.producers),
      ...objects.map(({ name }) => [name, "durableObject"] as const),
    ]),
    classes: objects.flatMap((one) => (one.script_name === undefined ? [one.class_name] : [])),
  };
}

function bound(kind: BindingKind, list: z.infer<typeof bindingList>): readonly (readonly [string, BindingKind])[] {
  return list.map(({ binding }) => [binding, kind]);
}

/** Returns a module that is imported first, so that `caches` is wrapped before the Worker's modules load. */
function edgeModule({ bindings }: WorkerParts, delays: Delays): string {
  return `import { makeEdge } from ${JSON.stringify(WRAPPER)};

export const edge = makeEdge(${JSON.stringify(bindings)}, ${JSON.stringify(delays)});
Object.defineProperty(globalThis, "caches", { value: edge.caches(globalThis.caches), configurable: true });
`;
}

function entryModule({ main, classes }: WorkerParts): string {
  const wrapped = classes.map((name) => {
    const wrap = "constructor(context, env) { super(context, edge.objectEnv(context, env)); }";
    return `export class ${name} extends worker.${name} { ${wrap} }\n`;
  });
  return `import { edge } from "./edge.js";
import * as worker from ${JSON.stringify(main)};

export default edge.worker(worker.default);
${wrapped.join("")}`;
}
