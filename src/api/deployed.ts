import * as z from "zod";
import type { Deployed } from "../events/deployed.ts";
import { space } from "../guard.ts";
import { isoTime, listAnswer, pageRequest } from "./answer.ts";
import { type Answer, defineOperation } from "./operation.ts";
import { listOf, pageQuery, time } from "./shapes.ts";

export const followed = z.boolean().meta({
  description:
    "True: the registry followed the deployment to its end, so the target runs it. False: the target was told, and nothing more is known.",
});

const deployedQuery = pageQuery.extend({
  target: z.string().max(100).optional(),
  repository: z.string().max(255).optional().meta({ description: "With its space." }),
  current: z.enum(["true", "false"]).optional().meta({
    description: "`true`: only what each target received last from a repository.",
  }),
});

const deployedOutput = z
  .object({
    target: z.string(),
    repository: z.string(),
    tag: z.string().meta({ description: "The tag under which it was last delivered." }),
    digest: z.string(),
    delivery: z.string(),
    deployedAt: time,
    current: z
      .boolean()
      .meta({ description: "True if the target has received nothing else from the repository since." }),
    followed,
  })
  .meta({ id: "Deployed" });

export const listDeployed = defineOperation({
  id: "listDeployed",
  method: "GET",
  path: "/api/v1/spaces/:space/deployed",
  guard: space,
  summary: "List what was delivered to the targets, newest first",
  query: deployedQuery,
  answer: listOf(deployedOutput),
  async run({ query, registry, grant }) {
    const filter = {
      target: query.target ?? null,
      repository: query.repository ?? null,
      currentOnly: query.current === "true",
    };
    const page = await registry.events.deployed.list(grant, filter, pageRequest(query));
    return listAnswer(page, view, ({ id }) => String(id));
  },
});

function view(deployed: Deployed): Answer<typeof deployedOutput> {
  const { targetId, repository, tag, digest, deliveryId, deployedAt, current } = deployed;
  return {
    target: targetId,
    repository,
    tag,
    digest,
    delivery: deliveryId,
    deployedAt: isoTime(deployedAt),
    current,
    followed: deployed.followed,
  };
}
