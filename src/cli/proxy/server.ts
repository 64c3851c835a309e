import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { CliError } from "../exit.ts";
import { cutUpload, needsCutting, onlyEnds, PassedOnError, uploadRequest } from "./cut-upload.ts";
import { answerWith, bodyLength, bodyOf, type Exchange, type ProxyState } from "./exchange.ts";
import { forward } from "./forward.ts";

/** A request's entry in the log. */
export interface LogEntry {
  readonly method: string;
  readonly url: string;
  readonly status: number;
  readonly milliseconds: number;
  readonly chunks: number;
}

interface ProxyOptions {
  readonly state: ProxyState;
  readonly log: (entry: LogEntry) => void;
}

/** Milliseconds. Longer than an upload is tried for, so nobody can be at the other end any more. */
const IDLE_FOR = 900_000;

/**
 * Milliseconds that the proxy reads on after it refused a client in the middle of its body, so that the client sees the
 * refusal.
 */
const LINGER_FOR = 5000;

/** Makes a server that forwards everything to a registry, and cuts bodies that are too large for the way there. */
export function proxyServer({ state, log }: ProxyOptions): Server {
  // A request's time has no limit: a layer takes as long as it takes.
  const server = createServer({ requestTimeout: 0, keepAliveTimeout: 60_000 }, (request, response) => {
    const begun = performance.now();
    const gone = new AbortController();
    response.once("close", () => gone.abort(new CliError("failure", "the client has disconnected")));
    const exchange: Exchange = {
      state,
      request,
      response,
      body: bodyOf(request),
      signal: gone.signal,
      addresses: { registry: state.registry.origin, client: `http://${request.headers.host ?? "localhost"}` },
      chunks: 0,
    };
    void serve(exchange).finally(() => {
      const { method = "", url = "" } = request;
      const milliseconds = performance.now() - begun;
      log({ method, url, status: response.statusCode, milliseconds, chunks: exchange.chunks });
    });
  });
  server.setTimeout(IDLE_FOR);
  return server;
}

/**
 * Answers one request; never rejects. The answer is ended only after the client has sent everything: when an answer
 * ends, Node may close the connection, and if the client is still sending, the answer is lost with it.
 */
async function serve(exchange: Exchange): Promise<void> {
  try {
    await pass(exchange);
  } catch (failure) {
    sayWhy(exchange, failure);
  }
  await linger(exchange);
  exchange.response.end();
}

async function pass(exchange: Exchange): Promise<void> {
  const { request, state } = exchange;
  if (!request.url?.startsWith("/")) throw new CliError("usage", "the request must name a path");
  const upload = uploadRequest(request, state.registry.origin);
  const isOurs = upload !== null && (needsCutting(exchange) || onlyEnds(exchange, upload));
  await (isOurs ? cutUpload(exchange, upload) : forward(exchange));
}

/**
 * Tells the client the reason, in the specification's form. If the answer has already begun, it can only be broken off.
 */
function sayWhy(exchange: Exchange, failure: unknown): void {
  const { response, signal, state } = exchange;
  if (signal.aborted) return;
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const { status, code, message, headers } = refusalOf(failure);
  if (status >= 500) state.warn(message);
  const body = JSON.stringify({ errors: [{ code, message }] });
  const length = String(Buffer.byteLength(body));
  answerWith(exchange, status, { ...headers, "content-type": "application/json", "content-length": length });
  response.write(body);
}

interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly headers: Record<string, string | string[]>;
}

/** The headers of a refusal that the client needs. */
const PASSED_ON = ["www-authenticate", "retry-after", "range", "location", "x-request-id"];

function refusalOf(failure: unknown): Refusal {
  if (failure instanceof PassedOnError) {
    const { status, code, reason } = failure.refused;
    const headers = Object.fromEntries(
      PASSED_ON.flatMap((name) => (failure.headers[name] === undefined ? [] : [[name, failure.headers[name]]])),
    );
    return { status, code: code ?? "UNKNOWN", message: reason, headers };
  }
  const message = failure instanceof Error ? failure.message : String(failure);
  const status = failure instanceof CliError && failure.kind === "usage" ? 400 : 502;
  return { status, code: "UNKNOWN", message: `spacedock proxy: ${message}`, headers: { "retry-after": "5" } };
}

/** Reads and drops the rest of the client's body for a while. */
async function linger({ request, body }: Exchange): Promise<void> {
  if (bodyLength(request) === 0 || request.readableEnded) return;
  const timer = setTimeout(() => request.destroy(), LINGER_FOR);
  try {
    while ((await body.next()).done !== true) {
      // Only the end matters.
    }
  } catch {
    // The client has read the answer and closed the connection.
  } finally {
    clearTimeout(timer);
  }
}

/** Starts to listen; port 0 is any free port. */
export async function listen(server: Server, host: string, port: number): Promise<{ readonly port: number }> {
  server.listen(port, host);
  try {
    await once(server, "listening");
  } catch (cause) {
    throw cannotListen(host, port, cause);
  }
  const address = server.address();
  if (address === null || typeof address === "string") throw new CliError("failure", "no TCP address");
  return { port: address.port };
}

function cannotListen(host: string, port: number, cause: unknown): CliError {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: "the address is already in use",
    EACCES: "you may not use that port",
    EADDRNOTAVAIL: "this machine has no such address",
    ENOTFOUND: "host not found",
  };
  return new CliError("failure", `cannot listen on ${host}:${port}: ${reasons[code] ?? code}`, {
    hint: `Use another port: --listen ${host}:${port + 1}`,
    cause,
  });
}

/** Ends the server: closes idle connections at once, and the others when they have been answered. */
export async function endGracefully(server: Server): Promise<void> {
  const closed = once(server, "close");
  server.close();
  // A connection that is answered from now on must not wait for another request.
  const closing = setInterval(() => server.closeIdleConnections(), 50);
  await closed;
  clearInterval(closing);
}
