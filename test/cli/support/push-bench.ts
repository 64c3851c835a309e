import { join } from "node:path";
import { beforeEach } from "vitest";
import { PushRegistry } from "./push-registry.ts";
import { scratchDirectory } from "./scratch.ts";
import { serve } from "./server.ts";
import { runCli } from "./world.ts";

type Said = Awaited<ReturnType<typeof runCli>>;

interface PushBench {
  readonly scratch: string;
  readonly host: string;
  /** The repository that {@link push} pushes to. */
  readonly destination: string;
  /** Empty before each test. */
  readonly registry: PushRegistry;
  /** The environment of its own home, so that nothing is remembered between tests. */
  readonly env: Readonly<Record<string, string>> & { readonly HOME: string };
  readonly push: (source: string, ...args: readonly string[]) => Promise<Said>;
}

/** Sets up a registry to push to, and nothing else: no engine, no other registry. */
export async function usePushBench(): Promise<PushBench> {
  const scratch = await scratchDirectory();
  let registry = new PushRegistry();
  let homes = 0;
  const { host } = await serve((request, response) => registry.listener(request, response));
  const destination = `${host}/acme/web`;
  beforeEach(() => {
    registry = new PushRegistry();
    homes += 1;
  });
  const bench: PushBench = {
    scratch,
    host,
    destination,
    get registry() {
      return registry;
    },
    get env() {
      const HOME = join(scratch, `home-${homes}`);
      return { HOME, PATH: process.env["PATH"] ?? "", DOCKER_HOST: `unix://${scratch}/none` };
    },
    push: (source, ...args) => runCli(["push", source, `${destination}:1`, ...args], bench.env),
  };
  return bench;
}
