import * as z from "zod";
import { space } from "../guard.ts";
import { CONTENT_KINDS, type DamagedContent } from "../management/stores.ts";
import { DAMAGES } from "../registry/damage.ts";
import { isoTime, listAnswer, pageRequest } from "./answer.ts";
import { type Answer, defineOperation } from "./operation.ts";
import { listOf, pageQuery, time } from "./shapes.ts";

const damagedOutput = z
  .object({
    kind: z.enum(CONTENT_KINDS),
    digest: z.string(),
    repository: z.string(),
    size: z.int().meta({ description: "The size that it should have, in bytes." }),
    damage: z
      .enum(DAMAGES)
      .meta({ description: "`missing`: the object is gone. `corrupt`: its bytes do not match its digest." }),
    since: time.meta({ description: "When the damage was found." }),
    tags: z.array(z.string()).meta({ description: "At most ten of the tags that need it." }),
  })
  .meta({ id: "Damaged" });

export const listDamaged = defineOperation({
  id: "listDamaged",
  method: "GET",
  path: "/api/v1/spaces/:space/damaged",
  guard: space,
  summary: "List what cannot be pulled because its stored bytes are missing or damaged; push it again to repair it",
  query: pageQuery,
  answer: listOf(damagedOutput),
  async run({ query, registry, grant }) {
    const page = await registry.management.damaged.list(grant, pageRequest(query));
    return listAnswer(page, view, ({ position }) => position);
  },
});

function view({ kind, digest, repository, size, damage, since, tags }: DamagedContent): Answer<typeof damagedOutput> {
  return { kind, digest, repository, size, damage, since: isoTime(since), tags };
}
