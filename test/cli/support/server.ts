import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { afterAll } from "vitest";

export interface TestServer {
  readonly host: string;
  readonly url: string;
}

/** Starts a server on the loopback for the tests of a file; it is stopped after them. */
export async function serve(listener: RequestListener): Promise<TestServer> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no TCP address");
  return { host: `127.0.0.1:${address.port}`, url: `http://127.0.0.1:${address.port}` };
}

export function reply(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>> = {},
  body = "",
): void {
  response.writeHead(status, headers).end(body);
}

/** Answers with the error body of the distribution specification. */
export function refuse(
  response: ServerResponse,
  status: number,
  code: string,
  headers: Record<string, string> = {},
): void {
  reply(
    response,
    status,
    { "content-type": "application/json", ...headers },
    JSON.stringify({ errors: [{ code, message: `it is ${code}` }] }),
  );
}

export function urlOf(request: IncomingMessage): URL {
  return new URL(request.url ?? "/", "http://registry.test");
}
