/**
 * `npm run bench:peers`: registries side by side, started on this machine for as long as they are measured. See HELP.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { PEERS, isPeerKind, type PeerKind } from "./peer-kinds.ts";

const HELP = `npm run bench:peers -- [--<registry> [<name>=]<path>] … [-- <options of bench:registries>]

Starts registries on free ports of this machine, each with a state of its own in the temporary directory, runs
npm run bench:registries with them in the order given, and ends them. Nothing is fetched: build or install them first.

  --spacedock <checkout>     by npm start; "." is this one
  --serverless <checkout>    cloudflare/serverless-registry with its packages installed, by the wrangler of this checkout
  --distribution <command>   distribution: Debian's docker-registry, or what this builds:
                             go install github.com/distribution/distribution/v3/cmd/registry@latest
  --zot <command>            zot or its minimal build
  --help                     this

Each may be given more than once, under a name: --distribution 2.8=docker-registry --distribution 3.1=/path/registry`;

interface Wanted {
  readonly kind: PeerKind;
  readonly name: string;
  readonly path: string;
}

const wanted = readWanted(process.argv.slice(2));
if (wanted === null) {
  console.error(HELP);
  process.exitCode = 2;
} else if (wanted.help) console.log(HELP);
else process.exitCode = await benchPeers(wanted.peers, wanted.rest);

async function benchPeers(peers: readonly Wanted[], rest: readonly string[]): Promise<number> {
  await using stack = new AsyncDisposableStack();
  const interrupted = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => interrupted.abort());
  const addresses: string[] = [];
  for (const { kind, name, path } of peers) {
    console.error(`  … starting ${name}`);
    addresses.push(`${await PEERS[kind](path, stack)}#${encodeURIComponent(name)}`);
    if (interrupted.signal.aborted) return 130;
  }
  // This waits, since the registries are ended when the function returns.
  return await bench([...rest, ...addresses], interrupted.signal);
}

/** Runs the bench, and ends it when interrupted, so that the registries can be ended after it. */
async function bench(args: readonly string[], signal: AbortSignal): Promise<number> {
  const run = resolve(import.meta.dirname, "run.ts");
  // The registries' state is deleted with them, so the bench need not clean up.
  const child = spawn(process.execPath, [run, "--keep", ...args], { stdio: "inherit" });
  signal.addEventListener("abort", () => child.kill());
  await once(child, "exit");
  return child.exitCode ?? 130;
}

/** Reads the arguments; null if they do not match HELP. */
function readWanted(args: string[]): { help: boolean; peers: readonly Wanted[]; rest: readonly string[] } | null {
  try {
    const kinds = Object.fromEntries(
      Object.keys(PEERS).map((kind) => [kind, { type: "string" as const, multiple: true }]),
    );
    const options = { ...kinds, help: { type: "boolean" as const, short: "h" } };
    const { tokens, positionals } = parseArgs({ args, options, tokens: true, allowPositionals: true });
    const given = tokens.filter((token) => token.kind === "option");
    const peers = given.flatMap(({ name: kind, value }) => {
      const [, name = kind, path] = /^(?:([^=/]+)=)?(.+)$/.exec(value ?? "") ?? [];
      return isPeerKind(kind) && path !== undefined ? [{ kind, name, path }] : [];
    });
    const help = given.some(({ name }) => name === "help");
    return help || peers.length > 0 ? { help, peers, rest: positionals } : null;
  } catch {
    return null;
  }
}
