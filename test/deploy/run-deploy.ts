import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { stripVTControlCharacters } from "node:util";
import * as z from "zod";
import type { StandIn } from "./stand-in.ts";

const ROOT = resolve(import.meta.dirname, "../..");

export interface Outcome {
  readonly code: number | null;
  /** The whole output that a person sees. */
  readonly output: string;
}

/** A person's checkout of the project, with its own configuration, migrations and secrets file. */
export interface Checkout {
  readonly directory: string;
  readonly migrations: string;
  /** Changes wrangler.toml. */
  edit(change: (toml: string) => string): void;
  /** Runs `npm run deploy` with these options. */
  deploy(...options: readonly string[]): Promise<Outcome>;
  /** Like `deploy`, with another environment. */
  deployWith(env: NodeJS.ProcessEnv, ...options: readonly string[]): Promise<Outcome>;
  /** Returns the content of the secrets file; null if there is none. */
  secrets(name?: string): Readonly<Record<string, string>> | null;
  remove(): void;
}

const kept = z.looseObject({ secrets: z.record(z.string(), z.string()) });

/** A Worker that takes no time to bundle. */
const SMALL_WORKER = `import { DurableObject } from "cloudflare:workers";
export class UploadSession extends DurableObject {}
export default { fetch: () => new Response("hello"), queue() {}, scheduled() {} };
`;

/** Makes a checkout. Its Worker is the real one only for tests that need it, since bundling takes time. */
export function makeCheckout(standIn: Pick<StandIn, "url">, worker: "real" | "small" = "small"): Checkout {
  const directory = mkdtempSync(join(tmpdir(), "spacedock-deploy-test-"));
  const migrations = join(directory, "migrations");
  const config = join(directory, "wrangler.toml");
  cpSync(join(ROOT, "migrations"), migrations, { recursive: true });
  // Assets take time to list, and are not tested here.
  mkdirSync(join(directory, "console"));
  writeFileSync(join(directory, "console/index.html"), "the console");
  writeFileSync(join(directory, "worker.js"), SMALL_WORKER);
  const main = worker === "real" ? join(ROOT, "src/worker.ts") : "worker.js";
  const toml = readFileSync(join(ROOT, "wrangler.toml"), "utf8")
    .replace('"src/worker.ts"', JSON.stringify(main))
    .replace('"dist/console"', '"console"');
  writeFileSync(config, toml);
  const deployWith: Checkout["deployWith"] = async (env, ...options) => {
    const child = spawn(process.execPath, [join(ROOT, "scripts/deploy.ts"), "--config", config, ...options], {
      cwd: directory,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        PATH: process.env["PATH"],
        HOME: directory,
        // Wrangler is large, and each run would compile it anew without this.
        NODE_COMPILE_CACHE: join(tmpdir(), "spacedock-deploy-compiled"),
        CLOUDFLARE_API_BASE_URL: standIn.url,
        CLOUDFLARE_API_TOKEN: "token",
        ...env,
      },
    });
    const exit = new Promise<number | null>((done) => child.once("close", done));
    const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
    return { code: await exit, output: stripVTControlCharacters(`${output}${errors}`) };
  };
  return {
    directory,
    migrations,
    edit: (change) => writeFileSync(config, change(readFileSync(config, "utf8"))),
    deploy: (...options) => deployWith({}, ...options),
    deployWith,
    secrets(name = "spacedock") {
      const file = join(directory, `.secrets.${name}.json`);
      if (statSync(file, { throwIfNoEntry: false }) === undefined) return null;
      return kept.parse(JSON.parse(readFileSync(file, "utf8"))).secrets;
    },
    remove: () => rmSync(directory, { recursive: true }),
  };
}
