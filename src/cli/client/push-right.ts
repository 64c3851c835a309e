import type { Connection } from "./connection.ts";
import { locationIn } from "./location.ts";
import { RefusedError } from "./problem.ts";
import { pushScope, repositoryPath } from "./repository.ts";
import { drain } from "./transport.ts";

/**
 * Checks that the credential may push to a repository: begins an upload (end-4a) and cancels it (end-14). Throws the
 * refusal.
 */
export async function requirePush(connection: Connection, name: string): Promise<void> {
  const scopes = [pushScope({ name })];
  const begun = await connection.ask({
    method: "POST",
    address: repositoryPath({ name }, "blobs/uploads/"),
    scopes,
    headers: { "content-length": "0" },
    expect: [202],
  });
  await drain(begun);
  const address = locationIn(begun)?.href;
  if (address === undefined) return;
  try {
    await drain(await connection.ask({ method: "DELETE", address, scopes, expect: [202, 204, 404, 405] }));
  } catch (failure) {
    // A session that the registry does not let us cancel expires by itself.
    if (!(failure instanceof RefusedError)) throw failure;
  }
}
