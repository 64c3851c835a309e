import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { freePort } from "../../harness/live/port.ts";
import { useBench } from "./support/bench.ts";
import { deploymentOf, type ListedDelivery } from "./support/deployment.ts";
import { makeImageLayout } from "./support/layout.ts";
import { scratch } from "./support/scratch.ts";

/** Tests receivers over real HTTP that misbehave; none of them may delay another. */

const PATIENCE = { timeout: 90_000, interval: 500 };
const LARGE = 10 * 1024 * 1024;

/** More receivers than a Worker may have connections that wait for an answer. */
const HANGING = 8;

let redirected = 0;

const BEHAVIOURS: Readonly<Record<string, (request: IncomingMessage, response: ServerResponse) => void>> = {
  good: (_, response) => response.end("deployed"),
  hang: () => undefined,
  broken: (_, response) => response.writeHead(500).end("out of order"),
  redirect: (_, response) => response.writeHead(302, { Location: "/elsewhere" }).end(),
  elsewhere: (_, response) => {
    redirected += 1;
    response.end();
  },
  large: (_, response) => response.end("x".repeat(LARGE)),
  close: (request) => request.socket.destroy(),
};

describe("receivers", () => {
  const bench = useBench("receivers", {
    login: (home, host, password) =>
      home.run("skopeo", ["login", "--tls-verify=false", "--username", "ci", "--password-stdin", host], password),
  });
  let server: Server;
  let port: number;
  const received: { name: string; at: number }[] = [];

  beforeAll(async () => {
    server = createServer((request, response) => {
      const name = (request.url ?? "/").slice(1);
      received.push({ name, at: Date.now() });
      request.resume();
      BEHAVIOURS[name]?.(request, response);
    });
    port = await freePort();
    server.listen(port, "127.0.0.1");
    const deployment = deploymentOf(bench.space.name);
    const listen = async (tag: string, name: string): Promise<void> => {
      const url = `http://127.0.0.1:${port}/${name}`;
      const target = await deployment.target({ name, type: "standard-webhook", url });
      await deployment.trigger({ tag: { type: "exact", value: tag } }, target.id);
    };
    for (let each = 0; each < HANGING; each++) await listen("hang", "hang");
    for (const name of ["broken", "redirect", "large", "close", "good"]) await listen("1.0", name);
  });

  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  async function deliveriesTo(name: string): Promise<readonly ListedDelivery[]> {
    const deployment = deploymentOf(bench.space.name);
    const named = (await deployment.targets()).filter((target) => target.name === name);
    const ids = new Set(named.map(({ id }) => id));
    return (await deployment.deliveries()).filter(({ target }) => ids.has(target));
  }

  it("that hang delay no other", async () => {
    const home = await bench.openHome();
    const layout = scratch(home);
    await makeImageLayout(layout, [5000]);
    const push = async (tag: string): Promise<void> => {
      const name = `docker://${bench.space.repository(`web:${tag}`)}`;
      await home.run("skopeo", ["copy", "--dest-tls-verify=false", `oci:${layout}:latest`, name]);
    };
    await push("hang");
    await expect.poll(() => received.filter(({ name }) => name === "hang").length, PATIENCE).toBe(HANGING);
    await push("1.0");
    await expect.poll(() => deliveriesTo("good"), PATIENCE).toMatchObject([{ status: "delivered" }]);
    // By then none of the hanging ones has been given up: each still has its 20 seconds.
    expect((await deliveriesTo("hang")).map(({ reason }) => reason)).toEqual(
      Array.from({ length: HANGING }, () => null),
    );
  });

  it("that hang are given up and tried again", async () => {
    const timedOut = { reason: expect.stringMatching(/timeout|timed out|aborted/i) };
    await expect
      .poll(() => deliveriesTo("hang"), PATIENCE)
      .toMatchObject(Array.from({ length: HANGING }, () => timedOut));
  });

  it.each([
    ["answers 500", "broken", "pending", "it answered 500: out of order"],
    ["redirects", "redirect", "pending", "it answered 302"],
    ["closes the connection", "close", "pending", expect.any(String)],
    ["sends 10 MB", "large", "delivered", null],
  ])("that %s: %s", async (_, name, status, reason) => {
    await expect.poll(() => deliveriesTo(name), PATIENCE).toMatchObject([{ status, reason }]);
  });

  it("that redirect are not followed", async () => {
    await expect.poll(() => received.filter(({ name }) => name === "redirect").length, PATIENCE).toBeGreaterThan(0);
    expect(redirected).toBe(0);
  });

  it("are not on this machine, unless a setting says so", async () => {
    expect(inject("registry").url).toContain("localhost");
    const deployment = deploymentOf(bench.space.name);
    const attempts = await deployment.attempts((await deliveriesTo("large"))[0]?.id ?? "");
    expect(attempts.at(-1)?.detail).toBe("x".repeat(1024));
  });
});
