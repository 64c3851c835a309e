import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

interface CuttingProxy {
  readonly host: string;
  /** The Range headers of all requests that went through. */
  readonly ranges: readonly string[];
  readonly cuts: number;
  stop(): Promise<void>;
}

/** Passes connections on to a port, and breaks the first one that brings back more than `limit` bytes. */
export async function startCuttingProxy(port: number, limit: number): Promise<CuttingProxy> {
  const ranges: string[] = [];
  const sockets = new Set<Socket>();
  let cuts = 0;

  const serve = (client: Socket): void => {
    const upstream = connect(port, "localhost");
    const drop = (): void => {
      client.destroy();
      upstream.destroy();
    };
    let received = 0;
    client.on("data", (piece: Buffer) => ranges.push(...(piece.toString("latin1").match(/^Range: .*$/gim) ?? [])));
    upstream.on("data", (piece: Buffer) => {
      received += piece.length;
      if (received <= limit || cuts > 0) return;
      cuts += 1;
      drop();
    });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", drop);
      socket.on("close", () => sockets.delete(socket));
    }
    client.pipe(upstream);
    upstream.pipe(client);
  };

  const server = createServer(serve).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no TCP address");
  return {
    host: `localhost:${address.port}`,
    ranges,
    get cuts() {
      return cuts;
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
