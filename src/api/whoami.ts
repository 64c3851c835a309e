import type { SelfCall } from "../call.ts";
import { isoTimeOrNull } from "./operation.ts";

/** What a token may do, told to whoever has it. */
export function whoami({ credential }: SelfCall): Response {
  const headers = { "Cache-Control": "no-store" };
  if (credential === null) return Response.json({ kind: "installation", space: null, token: null }, { headers });
  const { id, name, space, actions, repositories, expiresAt } = credential;
  const token = { id, name, actions, repositories, expiresAt: isoTimeOrNull(expiresAt) };
  return Response.json({ kind: "token", space, token }, { headers });
}
