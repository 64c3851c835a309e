import { CliError } from "../exit.ts";
import type { Connection } from "./connection.ts";
import { RefusedError } from "./problem.ts";
import { drain } from "./transport.ts";

/** Statuses of a server that does not know `/v2/`, or does not let it be read. */
const UNKNOWN_THERE: ReadonlySet<number> = new Set([400, 404, 405, 410, 501]);

/** Checks that a registry answers and accepts the login (end-1). Throws the errors of {@link Connection.ask}. */
export async function ping(connection: Connection): Promise<void> {
  const address = "/v2/";
  try {
    const answer = await connection.ask({ method: "GET", address, scopes: [], expect: [200] });
    await drain(answer);
    const type = answer.headers.get("content-type") ?? "";
    // Many web sites answer every address with a page.
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
