import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import * as z from "zod";
import { type Answer, ask } from "../../harness/live/ask.ts";
import { freePort } from "../../harness/live/port.ts";
import { attempt } from "../../harness/live/run.ts";
import { connect } from "../../harness/live/server.ts";
import { openSpace, type Space } from "../../harness/live/space.ts";

const root = resolve(import.meta.dirname, "../..");

const spread = z.object({ count: z.int(), min: z.number(), p50: z.number(), p99: z.number(), max: z.number() });

const results = z.object({
  registries: z.array(z.object({ name: z.string(), address: z.string() })),
  measured: z.array(
    z.object({
      workload: z.string(),
      results: z.array(
        z.object({
          peer: z.string(),
          spread: spread.nullable(),
          ratio: z.number().nullable(),
          failed: z.int(),
          reasons: z.array(z.string()),
        }),
      ),
    }),
  ),
  cleaned: z.array(z.object({ peer: z.string(), deleted: z.int(), kept: z.int() })),
});

/** Starts a registry that answers the first request and knows nothing else. */
async function startRefusing(): Promise<{ server: Server; url: string }> {
  const port = await freePort();
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(request.url === "/v2/" ? 200 : 405).end();
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return { server, url: `http://127.0.0.1:${port}` };
}

function contentOf({ bytes }: Answer): unknown {
  return JSON.parse(Buffer.from(bytes).toString());
}

type Script = "run.ts" | "peers.ts";

function runScript(script: Script, args: readonly string[]): ReturnType<typeof attempt> {
  return attempt(process.execPath, [join(root, "bench/registries", script), ...args], { env: {}, cwd: root });
}

function bench(...args: readonly string[]): ReturnType<typeof attempt> {
  return runScript("run.ts", args);
}

describe("npm run bench:registries", () => {
  let space: Space;
  let token: string;
  let refusing: Awaited<ReturnType<typeof startRefusing>>;
  let directory: string;

  beforeAll(async () => {
    const registry = connect(inject("registry"));
    [space, refusing, directory] = await Promise.all([
      openSpace(registry, "bench"),
      startRefusing(),
      mkdtemp(join(tmpdir(), "bench-registries-")),
    ]);
    token = await space.token("pull", "push", "delete");
  });

  afterAll(async () => {
    refusing.server.close();
    await rm(directory, { recursive: true, force: true });
  });

  const addressOf = (name: string): string => `http://ci:${token}@${space.host}/${space.name}#${name}`;

  it("measures everything at Spacedock, shows what another refuses, and leaves nothing behind", async () => {
    const json = join(directory, "results.json");
    const tiny = ["--quick", "--runs", "1", "--scale", "0.001", "--tags", "3", "--repositories", "2", "--json", json];
    const { exitCode, stdout, stderr } = await bench(...tiny, addressOf("ours"), `${refusing.url}#refusing`);
    expect(stderr + stdout.toString()).not.toContain(token);
    expect(exitCode, stderr).toBe(0);

    const written = await readFile(json, "utf8");
    expect(written).not.toContain(token);
    const { registries, measured, cleaned } = results.parse(JSON.parse(written));
    expect(registries.map(({ name }) => name)).toEqual(["ours", "refusing"]);
    for (const { workload, results: [ours, other] = [] } of measured) {
      expect(ours, workload).toMatchObject({ peer: "ours", failed: 0, ratio: 1, reasons: [] });
      expect(other, workload).toMatchObject({ peer: "refusing", spread: null, ratio: null });
      expect(other?.reasons.join("; "), workload).toContain("405");
    }
    expect(measured.length).toBeGreaterThan(20);
    expect(stdout.toString()).toMatch(/catalog, the first 100 of 2 .* ms +–/);

    expect(cleaned[0]?.deleted).toBeGreaterThan(0);
    const access = { url: inject("registry").url, secret: token };
    const catalog = await ask(access, "GET", "/v2/_catalog", { expect: [200] });
    const { repositories } = z.object({ repositories: z.array(z.string()) }).parse(contentOf(catalog));
    for (const name of repositories) {
      const list = await ask(access, "GET", `/v2/${name}/tags/list`, { expect: [200] });
      expect(contentOf(list), name).toMatchObject({ tags: [] });
    }
  });

  it("compares with the first, and measures only what it is asked to", async () => {
    const json = join(directory, "two.json");
    const some = ["--quick", "--scale", "0.001", "--only", "pull 1 kB", "--keep", "--json", json];
    const { exitCode, stderr } = await bench(...some, addressOf("first"), addressOf("second"));
    expect(exitCode, stderr).toBe(0);
    const { measured } = results.extend({ cleaned: z.null() }).parse(JSON.parse(await readFile(json, "utf8")));
    expect(measured.map(({ workload }) => workload)).toEqual(["pull 1 kB"]);
    const [first, second] = measured[0]?.results ?? [];
    expect(second?.ratio).toBeCloseTo((second?.spread?.p50 ?? 0) / (first?.spread?.p50 ?? 0));
  });

  it("says which address is no registry", async () => {
    const port = await freePort();
    const { exitCode, stderr } = await bench("--quick", `http://ci:${token}@127.0.0.1:${port}`);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`127.0.0.1:${port}`);
    expect(stderr).not.toContain(token);
  });
});

describe("npm run bench:peers", () => {
  it("starts what it is told to, under names, and measures it", async () => {
    const peers = ["--distribution", "one=docker-registry", "--distribution", "two=docker-registry"];
    const some = ["--quick", "--scale", "0.001", "--only", "push 1 kB, by PUT"];
    const { exitCode, stdout, stderr } = await runScript("peers.ts", [...peers, "--", ...some]);
    expect(exitCode, stderr).toBe(0);
    expect(stdout.toString()).toMatch(/one +two +ratio/);
    expect(stdout.toString()).toMatch(/push 1 kB, by PUT .* ms .* ms +\d/);
  });
});
