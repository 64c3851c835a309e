import type { Credential } from "../auth/credential.ts";
import type { SelfCall } from "../call.ts";
import { isoTimeOrNull } from "./answer.ts";

/** What a token may do, told to whoever has it. */
export function whoami({ credential }: SelfCall): Response {
  return Response.json(whoamiView(credential), { headers: { "Cache-Control": "no-store" } });
}

/** @param credential null: the installation's administrator. */
export function whoamiView(credential: Credential | null): object {
  if (credential === null) return { kind: "installation", space: null, token: null };
  const { id, name, space, actions, repositories, expiresAt } = credential;
  return { kind: "token", space, token: { id, name, actions, repositories, expiresAt: isoTimeOrNull(expiresAt) } };
}
