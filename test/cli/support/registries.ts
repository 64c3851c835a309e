import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach } from "vitest";
import * as z from "zod";
import { MemoryRegistry } from "./memory-registry.ts";
import { serve } from "./server.ts";
import { runCli } from "./world.ts";

const report = z.object({
  source: z.string(),
  destination: z.string(),
  dryRun: z.boolean(),
  tags: z.array(
    z.object({
      tag: z.string().nullable(),
      digest: z.string().nullable(),
      outcome: z.string(),
      error: z.string().optional(),
    }),
  ),
  referrers: z.number(),
  copied: z.object({ blobs: z.number(), manifests: z.number(), bytes: z.number() }),
  skipped: z.object({
    blobs: z.number(),
    manifests: z.number(),
    bytes: z.number(),
    mounted: z.number(),
    foreignLayers: z.number(),
    referrers: z.number(),
  }),
});

interface Imported {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The output of --json; throws if there was none. */
  readonly report: z.infer<typeof report>;
}

interface Registries {
  readonly source: MemoryRegistry;
  readonly destination: MemoryRegistry;
  readonly hosts: { readonly source: string; readonly destination: string };
  /** Writes a login into Docker's configuration. */
  login(host: string, username: string, secret: string): Promise<void>;
  /** Runs `spacedock import --json`, with $S and $D for the registries' hosts. */
  import(args: string, interrupt?: Promise<unknown>): Promise<Imported>;
}

/** Sets up two registries, new and empty for each test of a file, and a home for the state between runs. */
export async function useRegistries(): Promise<Registries> {
  let source = new MemoryRegistry();
  let destination = new MemoryRegistry();
  let home = "";
  let auths: Record<string, { auth: string }> = {};
  const [from, to] = await Promise.all([
    serve((request, response) => source.listener(request, response)),
    serve((request, response) => destination.listener(request, response)),
  ]);
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), "import-"));
  });
  beforeEach(async () => {
    source = new MemoryRegistry();
    destination = new MemoryRegistry();
    auths = {};
    await rm(join(home, "config.json"), { force: true });
  });
  afterAll(() => rm(home, { recursive: true }));
  return {
    get source() {
      return source;
    },
    get destination() {
      return destination;
    },
    hosts: { source: from.host, destination: to.host },
    login: async (host, username, secret) => {
      auths[host] = { auth: Buffer.from(`${username}:${secret}`).toString("base64") };
      await writeFile(join(home, "config.json"), JSON.stringify({ auths }));
    },
    import: async (args, interrupt) => {
      const words = args.replaceAll("$S", from.host).replaceAll("$D", to.host).split(" ");
      const env = { HOME: home, DOCKER_CONFIG: home };
      const said = await runCli(["import", "--json", ...words], env, interrupt === undefined ? {} : { interrupt });
      return {
        ...said,
        get report() {
          if (said.stdout === "") throw new Error(`it printed nothing, but: ${said.stderr}`);
          return report.parse(JSON.parse(said.stdout));
        },
      };
    },
  };
}
