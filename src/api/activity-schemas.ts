import { z } from "zod";
import { ACTIVITY_KINDS } from "../management/activity.ts";
import { pageQuery, time } from "./schemas.ts";

export const activityQuery = pageQuery.extend({
  actor: z.string().max(320).optional().meta({ description: "An actor's id: list only what it did." }),
  kind: z
    .enum(ACTIVITY_KINDS)
    .optional()
    .meta({ description: "List only actions on this kind, for example `token` in `token.created`." }),
});

export const activityOutput = z
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
