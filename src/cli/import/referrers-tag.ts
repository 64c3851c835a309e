import type { Digest } from "../../oci/digest.ts";
import type { RemoteReferrer } from "../client/lists.ts";
import { addToReferrersTag } from "../client/referrers-tag.ts";
import { pullScope, repositoryPath } from "../client/repository.ts";
import { drain } from "../client/transport.ts";
import type { Import, Side } from "./import.ts";

/** Adds referrers to a manifest's tag at the destination, if the destination has no list of referrers of its own. */
export async function noteReferrers(run: Import, subject: Digest, referrers: readonly RemoteReferrer[]): Promise<void> {
  const { destination, options } = run;
  if (referrers.length === 0 || options.dryRun || (await hasList(destination, subject))) return;
  await addToReferrersTag(destination.connection, destination.name, subject, referrers);
}

async function hasList({ connection, name }: Side, subject: Digest): Promise<boolean> {
  const answer = await connection.ask({
    method: "GET",
    address: repositoryPath({ name }, `referrers/${subject}`),
    scopes: [pullScope({ name })],
    expect: [200, 400, 404, 405, 406],
  });
  await drain(answer);
  return answer.status === 200 && /json/.test(answer.headers.get("content-type") ?? "");
}
