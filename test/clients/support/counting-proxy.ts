import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** The fate of a piece that a client sends: it goes on, the connection breaks, or it is lost. */
export type Fate = "pass" | "cut" | "lose";

interface CountingProxy {
  readonly host: string;
  /** Bytes that clients have sent, with the headers of their requests. */
  readonly sent: number;
  /** True to turn away every connection. */
  isClosed: boolean;
  stop(): Promise<void>;
}

/** Passes connections on to a port and counts the clients' bytes. @param decide hears of each piece before it goes on */
export async function startCountingProxy(
  port: number,
  decide: (sent: number, piece: Buffer) => Fate = () => "pass",
): Promise<CountingProxy> {
  const sockets = new Set<Socket>();
  const state = { sent: 0, isClosed: false };

  const serve = (client: Socket): void => {
    if (state.isClosed) return void client.destroy();
    const upstream = connect(port, "localhost");
    const drop = (): void => {
      client.destroy();
      upstream.destroy();
    };
    client.on("data", (piece: Buffer) => {
      state.sent += piece.length;
      const fate = decide(state.sent, piece);
      if (fate === "cut") drop();
      else if (fate === "pass" && !upstream.write(piece)) {
        client.pause();
        upstream.once("drain", () => client.resume());
      }
    });
    client.on("end", () => upstream.end());
    upstream.pipe(client);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", drop);
      socket.on("close", () => {
        sockets.delete(socket);
        drop();
      });
    }
  };

  const server = createServer(serve).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no TCP address");
  return Object.assign(state, {
    host: `localhost:${address.port}`,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  });
}
