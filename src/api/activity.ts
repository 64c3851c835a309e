import * as z from "zod";
import type { InstallationGrant, SpaceGrant } from "../auth/space-grant.ts";
import type { Call, SpaceCall } from "../call.ts";
import { installation, space } from "../guard.ts";
import { ACTIVITY_KINDS, type Act, type Activity, type ActivityFilter, type NotedIn } from "../management/activity.ts";
import type { Part } from "../oci/page.ts";
import { isoTime, pageRequest } from "./answer.ts";
import { type Answer, defineOperation } from "./operation.ts";
import { listOf, pageQuery, time } from "./shapes.ts";

const activityQuery = pageQuery.extend({
  actor: z.string().max(320).optional().meta({ description: "An actor's id: list only what it did." }),
  kind: z
    .enum(ACTIVITY_KINDS)
    .optional()
    .meta({ description: "List only actions on this kind, for example `token` in `token.created`." }),
});

const activityOutput = z
  .object({
    id: z.string().meta({ description: "For a push or deletion, the event's id." }),
    at: time,
    actor: z.object({ id: z.string(), name: z.string() }).meta({
      description: "A token; `administrator`: ADMIN_TOKEN; an e-mail address: signed in through Cloudflare Access.",
    }),
    action: z
      .string()
      .meta({ description: "For example `token.created` or `tag.deleted`; later versions may add others." }),
    subject: z.string().nullable().meta({ description: "The id of the changed object, if it has one." }),
    name: z.string().nullable().meta({ description: "The object's name at the time." }),
    repository: z.string().nullable().meta({ description: "A repository's path within the space." }),
    reference: z.string().nullable().meta({ description: "A tag or digest in the repository." }),
    detail: z.record(z.string(), z.unknown()).nullable().meta({ description: "The details of the request." }),
  })
  .meta({ id: "Activity" });

const activityList = listOf(activityOutput);

export const listInstallationActivity = defineOperation({
  id: "listInstallationActivity",
  method: "GET",
  path: "/api/v1/activity",
  guard: installation,
  summary: "List who created and deleted spaces and which administrators signed in, newest first",
  query: activityQuery,
  answer: activityList,
  async run({ query, registry, grant }) {
    return view(await registry.activity.ofInstallation(grant, filterOf(query), pageRequest(query)));
  },
});

export const listActivity = defineOperation({
  id: "listActivity",
  method: "GET",
  path: "/api/v1/spaces/:space/activity",
  guard: space,
  summary:
    "List who did what in a space, including pushes and deletions, newest first; a page may be short or empty before the end of the list",
  query: activityQuery,
  answer: activityList,
  async run({ query, registry, grant }) {
    const part = await registry.activity.ofSpace(grant, filterOf(query), pageRequest(query));
    return view(part);
  },
});

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

/** Notes an act that is done. If that fails, only the log tells: the act stays done, and its request must not seem to have failed. */
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

function view({ entries, next }: Part<Activity>): Answer<typeof activityList> {
  return { items: entries.map(({ at, ...rest }) => ({ ...rest, at: isoTime(at) })), next };
}
