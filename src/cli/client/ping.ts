import type { Connection } from "./connection.ts";
import { drain } from "./transport.ts";

/** end-1: whether a registry is there that lets us in. Throws what {@link Connection.ask} throws. */
export async function ping(connection: Connection): Promise<void> {
  await drain(await connection.ask({ method: "GET", address: "/v2/", scopes: [], expect: [200] }));
}
