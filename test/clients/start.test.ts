import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../../harness/live/port.ts";
import { type Daemon, startDaemon, waitUntilReady } from "../../harness/live/process.ts";

let state = "";
let port = 0;

beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), "start-"));
  port = await freePort();
});

afterAll(() => rm(state, { recursive: true, force: true }));

function start(): Daemon {
  const inherited = Object.entries(process.env).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]]));
  const own = { PORT: String(port), STATE_DIR: state, ADMIN_TOKEN: randomBytes(24).toString("hex") };
  return startDaemon("npm", ["start"], { cwd: process.cwd(), env: { ...Object.fromEntries(inherited), ...own } });
}

const isHealthy = (): Promise<boolean> =>
  fetch(`http://localhost:${port}/healthz`).then(
    (answer) => answer.ok,
    () => false,
  );

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(100);
}

describe("npm start", () => {
  it("names PORT when the port is taken, keeps no traces, and ends with npm however that ends", async () => {
    const first = start();
    try {
      await waitUntilReady(first, "npm start", isHealthy);
      const second = start();
      await until(() => !second.running());
      expect(second.output()).toContain(`port ${port} is in use. Choose another one: PORT=${port + 1} npm start`);
      const kept = await readdir(state, { recursive: true });
      expect(kept.filter((name) => /trace|observab/i.test(name))).toEqual([]);
      // Kills only npm, by a signal that it cannot handle.
      process.kill(first.pid, "SIGKILL");
      await until(async () => !(await isHealthy()));
    } finally {
      await first.stop();
    }
  });
});
