import type { z } from "zod";
import type { Call, InstallationCall, SpaceCall } from "../call.ts";
import type { InstallationGrant, SpaceGrant } from "../auth/space-grant.ts";
import type { Part } from "../oci/page.ts";
import type { Act, Activity, ActivityFilter, NotedIn } from "../management/activity.ts";
import { activityQuery } from "./activity-schemas.ts";
import { isoTime, pageRequest } from "./answer.ts";
import { readQuery } from "./input.ts";

/** Lists who did what in a space, pushes and deletions included. */
export async function listActivity(call: SpaceCall): Promise<Response> {
  const query = readQuery(activityQuery, call);
  return partResponse(await call.registry.activity.ofSpace(call.grant, filterOf(query), pageRequest(query)));
}

/** Lists who made and deleted spaces, and which administrators signed in. */
export async function listInstallationActivity(call: InstallationCall): Promise<Response> {
  const query = readQuery(activityQuery, call);
  return partResponse(await call.registry.activity.ofInstallation(call.grant, filterOf(query), pageRequest(query)));
}

type Doing = Omit<Act, "actor" | "action">;

/** Notes what was done in a space, by whom; see {@link noteAct}. */
export function noteInSpace(
  { registry, grant }: Pick<SpaceCall, "registry" | "grant">,
  action: Act["action"],
  what: Doing = {},
): Promise<void> {
  return noteAct(registry, grant, { ...what, actor: grant.actor, action });
}

/** Notes what was done to the installation; see {@link noteAct}. */
export function noteInInstallation(
  { registry, grant }: { readonly registry: Call["registry"]; readonly grant: InstallationGrant | SpaceGrant },
  action: Act["action"],
  what: Doing,
) {
  return noteAct(registry, null, { ...what, actor: grant.actor, action });
}

/** Notes an act that is done. Where that fails, the log has it: the act stays done, and its request must not seem to have failed. */
export async function noteAct(
  { activity }: Pick<Call["registry"], "activity">,
  place: NotedIn | null,
  act: Act,
): Promise<void> {
  try {
    await activity.note(place, act, Date.now());
  } catch (fault) {
    console.error(JSON.stringify({ activity: { space: place?.space ?? null, ...act }, fault: String(fault) }));
  }
}

function filterOf({ actor, kind }: z.output<typeof activityQuery>): ActivityFilter {
  return { actor: actor ?? null, kind: kind ?? null };
}

function partResponse({ entries, next }: Part<Activity>): Response {
  return Response.json({ items: entries.map(({ at, ...rest }) => ({ ...rest, at: isoTime(at) })), next });
}
