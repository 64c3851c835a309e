import { once } from "node:events";
import { afterAll } from "vitest";
import { chunkLimits } from "../../../src/cli/client/chunk-size.ts";
import { parseRegistry } from "../../../src/cli/client/reference.ts";
import { makeTransport } from "../../../src/cli/client/transport.ts";
import type { ProxyState } from "../../../src/cli/proxy/exchange.ts";
import { listen, type LogEntry, proxyServer } from "../../../src/cli/proxy/server.ts";
import { SlabPool } from "../../../src/cli/proxy/slabs.ts";
import type { TestServer } from "./server.ts";

interface TestProxy extends TestServer {
  readonly state: ProxyState;
  readonly log: LogEntry[];
  readonly warnings: string[];
}

interface ProxyWish {
  readonly chunkSize?: number;
  /** Bytes, which the proxy's two chunks of an upload share. */
  readonly memory?: number;
  /** Milliseconds. */
  readonly patience?: number;
  /** Milliseconds. */
  readonly answerWithin?: number;
}

const MIB = 1024 * 1024;

/** Starts a proxy to a registry, for the tests of a file. */
export async function startProxy(to: TestServer, wish: ProxyWish = {}): Promise<TestProxy> {
  const { chunkSize = MIB, memory = 8 * MIB, patience = 60_000, answerWithin = 10_000 } = wish;
  const transport = makeTransport({});
  const warnings: string[] = [];
  const log: LogEntry[] = [];
  const state: ProxyState = {
    registry: parseRegistry(to.host),
    transport,
    pool: new SlabPool(memory, 0),
    chunkSize,
    limits: chunkLimits(null),
    window: memory / 2,
    patience: { upload: patience, question: patience },
    answerWithin,
    passed: () => undefined,
    warn: (text) => warnings.push(text),
  };
  const server = proxyServer({ state, log: (entry) => log.push(entry) });
  const { port } = await listen(server, "127.0.0.1", 0);
  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
    await transport.close();
  });
  return { host: `127.0.0.1:${port}`, url: `http://127.0.0.1:${port}`, state, log, warnings };
}
