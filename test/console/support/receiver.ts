import { createServer } from "node:http";
import { afterAll, beforeAll } from "vitest";

export interface Receiver {
  /** Returns the address, which is known once the tests run. */
  readonly url: () => string;
  /** The received bodies, unchanged. */
  readonly received: string[];
  /** Returns the answer, from now on. */
  answer: (path: string) => { readonly status: number; readonly body: string };
}

/** Starts a web server on this machine for deliveries, for a test file. */
export function useReceiver(): Receiver {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      receiver.received.push(Buffer.concat(chunks).toString());
      const { status, body } = receiver.answer(request.url ?? "/");
      response.writeHead(status, { "Content-Type": "application/json" }).end(body);
    });
  });
  const receiver: Receiver = {
    url: () => {
      const address = server.address();
      return `http://127.0.0.1:${address !== null && typeof address === "object" ? address.port : 0}`;
    },
    received: [],
    answer: () => ({ status: 200, body: "thanks" }),
  };
  beforeAll(async () => {
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  return receiver;
}
