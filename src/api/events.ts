import * as z from "zod";
import { eventDocument } from "../events/event.ts";
import type { ListedEvent } from "../events/stores.ts";
import { space } from "../guard.ts";
import { RegistryError } from "../oci/errors.ts";
import { listAnswer, pageRequest } from "./answer.ts";
import { type Answer, defineOperation } from "./operation.ts";
import { listOf, pageQuery, time } from "./shapes.ts";

const eventOutput = z
  .object({
    id: z.string(),
    type: z.string(),
    timestamp: time,
    data: z.looseObject({
      repository: z.string(),
      tag: z.string().nullable(),
      digest: z.string(),
      previousDigest: z.string().nullable(),
      mediaType: z.string(),
      size: z.int(),
      platforms: z.array(z.string()),
      image: z.string(),
      actor: z.looseObject({ name: z.string() }),
    }),
    triggers: z
      .array(z.object({ trigger: z.string(), fires: z.boolean(), reason: z.string().nullable() }))
      .nullable()
      .meta({ description: "Which triggers fired, and why others did not; null until they have been evaluated." }),
  })
  .meta({ id: "Event" });

export const listEvents = defineOperation({
  id: "listEvents",
  method: "GET",
  path: "/api/v1/spaces/:space/events",
  guard: space,
  summary: "List what happened, newest first",
  query: pageQuery.extend({
    kind: z.enum(["push"]).optional().meta({ description: "`push`: only pushes of tags." }),
  }),
  answer: listOf(eventOutput),
  async run({ query, registry, grant }) {
    const filter = { pushesOnly: query.kind === "push" };
    const page = await registry.events.outbox.list(grant, filter, pageRequest(query));
    return listAnswer(page, view, ({ event }) => event.id);
  },
});

export const getEvent = defineOperation({
  id: "getEvent",
  method: "GET",
  path: "/api/v1/spaces/:space/events/:id",
  guard: space,
  summary: "Show an event, and why each trigger fired or did not",
  answer: eventOutput,
  async run({ registry, grant, params }) {
    const found = await registry.events.outbox.listed(grant, params["id"] ?? "");
    if (found === null) throw new RegistryError("EVENT_UNKNOWN");
    return view(found);
  },
});

function view({ event, verdicts }: ListedEvent): Answer<typeof eventOutput> {
  return { id: event.id, ...eventDocument(event), triggers: verdicts };
}
