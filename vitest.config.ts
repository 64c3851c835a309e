import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-pool-workers";
import { defineConfig } from "vitest/config";
import { keepFilesInMemory } from "./harness/memory.ts";
import { generateSigningKeys } from "./scripts/secrets.ts";

keepFilesInMemory();

// Wrangler asks for the secrets before the bindings below give them.
const secrets = {
  ADMIN_TOKEN: "admin-token-of-the-tests-of-32-characters",
  SIGNING_KEYS: await generateSigningKeys(new Date()),
  ENCRYPTION_KEY: "encryption-key-of-the-tests",
};
Object.assign(process.env, secrets);

/** A server on this machine that answers 204, under a name. */
function startReceiver(): Promise<string> {
  const server = createServer(({ url }, response) => {
    if (url === "/broken-gzip") response.writeHead(200, { "Content-Encoding": "gzip" }).end("not compressed at all");
    else response.writeHead(204).end();
  });
  server.unref();
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(`http://localhost:${typeof address === "object" ? address?.port : ""}/`);
    });
  });
}

/** The tests that run inside workerd, on local R2, D1 and Durable Objects. Secrets are made anew for each run. */
export default defineConfig(async () => ({
  plugins: [
    cloudflareTest({
      wrangler: { configPath: "./wrangler.toml" },
      main: "./test/support/worker.ts",
      miniflare: {
        bindings: {
          ...secrets,
          // Off, as in `npm start`: tests that are about it switch it on.
          MAX_BODY_MB: "0",
          CACHE_MB: "0",
          READ_MEMORY_SECONDS: "0",
          WRANGLER_TOML: await readFile("wrangler.toml", "utf8"),
          TEST_MIGRATIONS: await readD1Migrations("migrations"),
          LOOPBACK_RECEIVER: await startReceiver(),
          GROWTH_SIZES: process.env["GROWTH_SIZES"] ?? "[100,1000]",
          LONG_TESTS: process.env["LONG_TESTS"] ?? "",
          MODEL_SETTINGS: process.env["MODEL_SETTINGS"] ?? "{}",
        },
        serviceBindings: {
          PUBLIC_NETWORK: { network: { allow: ["public"] } },
          PRIVATE_NETWORK: { network: { allow: ["private"] } },
        },
      },
    }),
  ],
  test: {
    include: ["test/**/*.test.ts"],
    exclude: [
      "test/cli/**",
      "test/backup/**",
      "test/deploy/**",
      "test/clients/**",
      "test/console/**",
      "test/conformance/**",
    ],
    // Time limits here only end what hangs: nothing is measured.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Files share a process, which takes longer to start than most of them to run; the setup gives each file storage that is empty.
    isolate: false,
    // By default one core is left idle.
    maxWorkers: "100%",
    setupFiles: ["test/support/fresh.ts"],
  },
}));
