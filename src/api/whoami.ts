import * as z from "zod";
import type { Credential } from "../auth/credential.ts";
import { self } from "../guard.ts";
import { isoTimeOrNull } from "./answer.ts";
import { type Answer, defineOperation } from "./operation.ts";
import { tokenOutput } from "./tokens.ts";

export const whoamiOutput = z
  .object({
    kind: z
      .enum(["token", "installation"])
      .meta({ description: "`installation`: ADMIN_TOKEN, which manages all spaces and cannot pull or push." }),
    space: z.string().nullable().meta({ description: "The space that the token is for." }),
    token: tokenOutput.pick({ id: true, name: true, actions: true, repositories: true, expiresAt: true }).nullable(),
  })
  .meta({ id: "Whoami" });

export const whoami = defineOperation({
  id: "whoami",
  method: "GET",
  path: "/api/v1/whoami",
  guard: self,
  summary: "Show whose token this is and what it may do",
  answer: whoamiOutput,
  noStore: true,
  run: ({ credential }) => whoamiView(credential),
});

/** Describes the caller. @param credential null for the installation's administrator */
export function whoamiView(credential: Credential | null): Answer<typeof whoamiOutput> {
  if (credential === null) return { kind: "installation", space: null, token: null };
  const { id, name, space, actions, repositories, expiresAt } = credential;
  return { kind: "token", space, token: { id, name, actions, repositories, expiresAt: isoTimeOrNull(expiresAt) } };
}
