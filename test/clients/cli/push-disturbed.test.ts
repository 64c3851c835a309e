import { beforeAll, describe, expect, it } from "vitest";
import { startServer } from "../../../harness/live/server.ts";
import { openSpace } from "../../../harness/live/space.ts";
import { startBlackHole } from "../../cli/support/black-hole.ts";
import { makeBigLayout } from "../support/big-layout.ts";
import { type Fate, startCountingProxy } from "../support/counting-proxy.ts";
import { readLayout } from "../support/layout.ts";
import { scratch } from "../support/scratch.ts";
import { useSpacedock } from "../support/spacedock-bench.ts";
import { digestIn, spacedock, startSpacedock } from "../support/spacedock.ts";

const megabyte = 1_000_000;
const isBig = process.env["BIG"] !== undefined;

const bench = useSpacedock();

function portOf(host: string): number {
  return Number(new URL(`http://${host}`).port);
}

describe("a push that is disturbed", () => {
  const size = 40 * megabyte;
  const chunk = 8 * megabyte;
  let layout = "";
  let digest = "";

  beforeAll(async () => {
    layout = scratch(bench.home);
    digest = await makeBigLayout(layout, size);
  });

  function pushThrough(host: string, name: string): ReturnType<typeof startSpacedock> {
    const args = ["push", layout, `${host}/${bench.space.name}/${name}`, "--chunk-size", "8MB"];
    return startSpacedock(bench.home, args, bench.loginAt(host));
  }

  it("goes on after Ctrl-C in the middle of a chunk, and sends nothing twice that was acknowledged", async () => {
    let interrupt: (() => void) | null = null;
    const proxy = await startCountingProxy(portOf(bench.space.host), (sent): Fate => {
      if (sent < 20 * megabyte || interrupt === null) return "pass";
      interrupt();
      return "lose";
    });
    try {
      const first = pushThrough(proxy.host, "interrupted:1");
      interrupt = () => first.interrupt();
      expect(await first.ended).toMatchObject({ exitCode: 130, stdout: "" });
      expect(await bench.skopeoPull("interrupted:1").catch(() => null)).toBeNull();
      interrupt = null;
      expect(await pushThrough(proxy.host, "interrupted:1").ended).toMatchObject({ exitCode: 0 });
      expect(proxy.sent).toBeLessThanOrEqual(size + 2 * chunk);
    } finally {
      await proxy.stop();
    }
    expect(await bench.skopeoPull("interrupted:1")).toBe(digest);
  });

  it("goes on when its connection breaks in the middle of a chunk, twice", async () => {
    const cuts = [12 * megabyte, 28 * megabyte];
    const proxy = await startCountingProxy(portOf(bench.space.host), (sent): Fate => {
      if (sent < (cuts[0] ?? Number.POSITIVE_INFINITY)) return "pass";
      cuts.shift();
      return "cut";
    });
    try {
      expect(await pushThrough(proxy.host, "cut:1").ended).toMatchObject({ exitCode: 0 });
      expect(cuts).toEqual([]);
      expect(proxy.sent).toBeLessThanOrEqual(size + 2 * chunk);
    } finally {
      await proxy.stop();
    }
    expect(await bench.skopeoPull("cut:1")).toBe(digest);
  });

  it("goes on when connections swallow the first answer of each kind, without a word", async () => {
    const kinds = [/^POST /, /^PATCH /, /^PUT \S*uploads/, /^PUT \S*manifests/, /^HEAD /, /^GET \S*token/];
    const hole = await startBlackHole({ host: bench.space.host, url: `http://${bench.space.host}` });
    hole.fate = (line) => {
      const at = kinds.findIndex((kind) => kind.test(line));
      if (at < 0) return null;
      kinds.splice(at, 1);
      return "answer";
    };
    expect(await pushThrough(hole.host, "silent:1").ended).toMatchObject({ exitCode: 0 });
    expect(kinds.map(String)).toEqual([]);
    expect(await bench.skopeoPull("silent:1")).toBe(digest);
  });

  it(`holds less than 150 MB while it pushes a layer of ${isBig ? "2 GB" : "300 MB"}`, async () => {
    const big = scratch(bench.home);
    const expected = await makeBigLayout(big, (isBig ? 2000 : 300) * megabyte);
    const args = ["push", big, bench.space.repository("memory:1")];
    const { stdout, peak } = await spacedock(bench.home, args, bench.loginAt(bench.space.host));
    console.log(`peak: ${Math.round(peak / megabyte)} MB`);
    expect(digestIn(stdout)).toBe(expected);
    expect(peak).toBeLessThan(150 * megabyte);
    expect(peak).toBeGreaterThan(10 * megabyte);
    expect((await bench.home.run("crane", ["digest", bench.space.repository("memory:1")])).trim()).toBe(expected);
  });
});

describe("a push while the server restarts", () => {
  it("goes on between two chunks", async () => {
    const size = 40 * megabyte;
    const layout = scratch(bench.home);
    const digest = await makeBigLayout(layout, size);
    const server = await startServer();
    const restarts: Promise<void>[] = [];
    let patches = 0;
    const proxy = await startCountingProxy(portOf(server.host), (_, piece): Fate => {
      patches += piece.subarray(0, 6).toString("latin1") === "PATCH " ? 1 : 0;
      if (patches < 3 || restarts.length > 0) return "pass";
      proxy.isClosed = true;
      restarts.push(server.restart().finally(() => (proxy.isClosed = false)));
      return "cut";
    });
    try {
      const own = await openSpace(server, "restart");
      const env = { SPACEDOCK_REGISTRY: proxy.host, SPACEDOCK_TOKEN: await own.token("pull", "push") };
      const name = `${proxy.host}/${own.name}/web:1`;
      const { stdout } = await spacedock(bench.home, ["push", layout, name, "--chunk-size", "8MB"], env);
      expect(digestIn(stdout)).toBe(digest);
      expect(await Promise.all(restarts)).toHaveLength(1);
      expect(proxy.sent).toBeLessThanOrEqual(size + 2 * 8 * megabyte);
      const pulled = scratch(bench.home);
      const source = [
        "--src-tls-verify=false",
        "--src-creds",
        `ci:${env.SPACEDOCK_TOKEN}`,
        `docker://${own.repository("web:1")}`,
      ];
      await bench.home.run("skopeo", ["copy", "--preserve-digests", ...source, `oci:${pulled}:latest`]);
      expect(await readLayout(pulled)).toBe(digest);
    } finally {
      await proxy.stop();
      await server.stop();
    }
  });
});
