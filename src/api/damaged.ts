import type { SpaceCall } from "../call.ts";
import type { DamagedContent } from "../management/stores.ts";
import { isoTime, listResponse, pageRequest } from "./answer.ts";
import { readQuery } from "./input.ts";
import { pageQuery } from "./schemas.ts";

/** Lists what answers 404 although it was pushed, since its bytes are gone or wrong; a push of it mends it. */
export async function listDamaged(call: SpaceCall): Promise<Response> {
  const page = await call.registry.management.damaged.list(call.grant, pageRequest(readQuery(pageQuery, call)));
  return listResponse(page, view, ({ position }) => position);
}

function view({ kind, digest, repository, size, damage, since, tags }: DamagedContent): object {
  return { kind, digest, repository, size, damage, since: isoTime(since), tags };
}
