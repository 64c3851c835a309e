import { CliError } from "../exit.ts";
import type { Connection } from "./connection.ts";
import { RefusedError } from "./problem.ts";
import { drain } from "./transport.ts";

/** Statuses with which a server says that it knows nothing of `/v2/`, or of reading it. */
const UNKNOWN_THERE: ReadonlySet<number> = new Set([400, 404, 405, 410, 501]);

/** end-1: whether a registry is there that lets us in. Throws what {@link Connection.ask} throws. */
export async function ping(connection: Connection): Promise<void> {
  const address = "/v2/";
  try {
    const answer = await connection.ask({ method: "GET", address, scopes: [], expect: [200] });
    await drain(answer);
    const type = answer.headers.get("content-type") ?? "";
    // Many a web site answers every address with a page.
    if (type.startsWith("text/html") && !answer.headers.has("docker-distribution-api-version"))
      throw noRegistry(connection);
  } catch (failure) {
    if (failure instanceof RefusedError && UNKNOWN_THERE.has(failure.status)) throw noRegistry(connection, failure);
    throw failure;
  }
}

function noRegistry({ registry }: Connection, cause?: unknown): CliError {
  return new CliError(
    "failure",
    `${registry.host} is not a registry: ${registry.origin}/v2/ does not answer like one`,
    {
      hint: "Check the host and the port.",
      cause,
    },
  );
}
