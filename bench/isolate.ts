/**
 * Measures the memory of the Worker's isolate by the inspector of `wrangler dev`: its heap, and the buffers outside of
 * it.
 */
import { WebSocket } from "undici";
import * as z from "zod";

export interface Isolate {
  /** Returns the bytes in memory, uncollected garbage included. */
  readonly memory: () => Promise<number>;
  readonly close: () => void;
}

const targets = z.array(z.object({ webSocketDebuggerUrl: z.url() })).min(1);
const heapUsage = z.object({
  id: z.int(),
  result: z.object({ usedSize: z.number(), embedderHeapUsedSize: z.number(), backingStorageSize: z.number() }),
});

/** Connects to the inspector on this port. */
export async function openIsolate(port: number): Promise<Isolate> {
  const [target] = targets.parse(await (await fetch(`http://127.0.0.1:${port}/json`)).json());
  // Wrangler lets in debuggers that run on this machine, and knows them by their Origin.
  const socket = new WebSocket(target?.webSocketDebuggerUrl ?? "", { headers: { Origin: "http://localhost" } });
  await opened(socket);
  const waiting = new Map<number, (bytes: number) => void>();
  socket.addEventListener("message", ({ data }) => {
    const answer = heapUsage.safeParse(JSON.parse(String(data)));
    if (!answer.success) return;
    const { id, result } = answer.data;
    waiting.get(id)?.(result.usedSize + result.embedderHeapUsedSize + result.backingStorageSize);
    waiting.delete(id);
  });
  let asked = 0;
  return {
    memory: () => {
      asked += 1;
      const { promise, resolve } = Promise.withResolvers<number>();
      waiting.set(asked, resolve);
      socket.send(JSON.stringify({ id: asked, method: "Runtime.getHeapUsage" }));
      return promise;
    },
    close: () => socket.close(),
  };
}

function opened(socket: WebSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.addEventListener("open", () => resolve());
    socket.addEventListener("error", () => reject(new Error("the inspector refuses to be asked")));
  });
}
