import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import worker from "../../src/worker.ts";
import { pushImage } from "../support/content.ts";
import { type Ask, makeSpace, ORIGIN } from "../support/registry.ts";

let as = "";
let digest = "";
let size = 0;

beforeAll(async () => {
  as = await makeSpace("counted");
  const pushed = await pushImage("counted/web/api", as, "latest");
  digest = pushed.digest;
  size = pushed.text.length;
});

afterEach(() => {
  vi.restoreAllMocks();
});

/** Asks for a manifest with a dataset bound. Returns the answer's status and the data points. */
async function pull(
  reference: string,
  { method = "GET", headers = {} }: Ask = {},
  write: (point: AnalyticsEngineDataPoint | undefined) => void = () => undefined,
): Promise<{ status: number; points: readonly unknown[] }> {
  const points: unknown[] = [];
  const context = createExecutionContext();
  const dataset: AnalyticsEngineDataset = {
    writeDataPoint(point) {
      write(point);
      points.push(point);
    },
  };
  const request = new Request<unknown, IncomingRequestCfProperties>(
    new URL(`/v2/counted/web/api/manifests/${reference}`, ORIGIN),
    { method, headers: { Authorization: `Basic ${btoa(`u:${as}`)}`, ...headers } },
  );
  const answer = await worker.fetch(request, { ...env, PULLS: dataset }, context);
  await answer.arrayBuffer();
  await waitOnExecutionContext(context);
  return { status: answer.status, points };
}

describe("a pull where a dataset is bound", () => {
  it.each([
    ["docker/28.0.1 go/go1.23.6 os/linux", "docker"],
    ["containerd/v2.1.0", "containerd"],
    ["Mozilla/5.0 (X11; Linux x86_64)", "Mozilla"],
    ["curl", "curl"],
    ["x".repeat(60), "x".repeat(50)],
    ["(none)", ""],
    ["", ""],
  ])("is a data point, with what the client calls itself: %j", async (agent, client) => {
    const { points } = await pull("latest", { headers: { "User-Agent": agent } });
    expect(points).toEqual([
      { indexes: ["counted"], blobs: ["counted", "web/api", "latest", digest, client], doubles: [1, size] },
    ]);
  });

  it("by digest has no tag", async () => {
    const { points } = await pull(digest);
    expect(points).toEqual([expect.objectContaining({ blobs: ["counted", "web/api", "", digest, ""] })]);
  });

  it("that finds nothing new counts too", async () => {
    const { status, points } = await pull("latest", { headers: { "If-None-Match": `"${digest}"` } });
    expect([status, points.length]).toEqual([304, 1]);
  });

  it.each<[string, string, Ask]>([
    ["only looks", "latest", { method: "HEAD" }],
    ["finds nothing", "unknown", {}],
    ["is refused", "latest", { headers: { Authorization: "Basic eDp5" } }],
  ])("that %s does not count", async (_, reference, how) => {
    expect((await pull(reference, how)).points).toEqual([]);
  });

  it("succeeds, though it cannot be counted", async () => {
    const log = vi.spyOn(console, "error").mockReturnValue(undefined);
    const { status, points } = await pull("latest", {}, () => {
      throw new Error("injected");
    });
    expect([status, points]).toEqual([200, []]);
    expect(log).toHaveBeenCalledOnce();
  });
});
