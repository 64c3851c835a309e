import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** Passes connections on to a port, counts the bytes sent there, and tells when something has happened. */
export interface Meter {
  readonly host: string;
  /** Bytes that were sent so far, headers included. */
  readonly sent: number;
  /** Chunks that the registry has acknowledged so far. */
  readonly acknowledged: number;
  /** Connections that broke while a request was on its way. */
  readonly broken: number;
  /** Waits until the condition holds; it is checked whenever something passes. */
  until(condition: (meter: Meter) => boolean): Promise<void>;
  stop(): Promise<void>;
}

export async function startMeter(port: number): Promise<Meter> {
  const sockets = new Set<Socket>();
  const waiting = new Set<() => void>();
  let sent = 0;
  let acknowledged = 0;
  let broken = 0;
  const tell = (): void => {
    for (const look of waiting) look();
  };
  const serve = (client: Socket): void => {
    const upstream = connect(port, "127.0.0.1");
    let unanswered = 0;
    const drop = (): void => {
      client.destroy();
      upstream.destroy();
    };
    upstream.once("close", () => {
      if (unanswered > 0) broken += 1;
    });
    client.on("data", (piece: Buffer) => {
      sent += piece.length;
      unanswered += piece.length;
      tell();
    });
    upstream.on("data", (piece: Buffer) => {
      unanswered = 0;
      acknowledged += piece.toString("latin1").match(/^HTTP\/1\.1 202 /gm)?.length ?? 0;
      tell();
    });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", drop);
      socket.on("close", () => {
        sockets.delete(socket);
        drop();
      });
    }
    client.pipe(upstream);
    upstream.pipe(client);
  };
  const server = createServer(serve).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no TCP address");
  const meter: Meter = {
    host: `127.0.0.1:${address.port}`,
    get sent() {
      return sent;
    },
    get acknowledged() {
      return acknowledged;
    },
    get broken() {
      return broken;
    },
    until: (condition) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!condition(meter)) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
  return meter;
}
