import { z } from "zod";
import { ACTIVITY_KINDS } from "../registry/activity.ts";
import { pageQuery, time } from "./schemas.ts";

export const activityQuery = pageQuery.extend({
  actor: z.string().max(320).optional().meta({ description: "An actor's id: only what they did." }),
  kind: z.enum(ACTIVITY_KINDS).optional().meta({ description: "Only actions on this, as in `token.created`." }),
});

export const activityOutput = z
  .object({
    id: z.string().meta({ description: "Of a push or deletion: the event's." }),
    at: time,
    actor: z.object({ id: z.string(), name: z.string() }).meta({
      description: "A token; `administrator`: ADMIN_TOKEN; an e-mail address: who came through Cloudflare Access.",
    }),
    action: z.string().meta({ description: "As in `token.created`, `tag.deleted`; there may be others later." }),
    subject: z.string().nullable().meta({ description: "The id of what was changed, where it has one." }),
    name: z.string().nullable().meta({ description: "How that was called then." }),
    repository: z.string().nullable().meta({ description: "A repository's path within the space." }),
    reference: z.string().nullable().meta({ description: "A tag or digest in it." }),
    detail: z.record(z.string(), z.unknown()).nullable().meta({ description: "What was asked for." }),
  })
  .meta({ id: "Activity" });
