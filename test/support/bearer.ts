import * as z from "zod";
import { ask, ORIGIN } from "./registry.ts";

const tokenAnswer = z.object({ token: z.string() });

/** Gets an access token for these scopes; an anonymous one without a secret. */
export async function bearerOf(secret: string | null, ...scopes: readonly string[]): Promise<string> {
  const query = new URLSearchParams([["service", new URL(ORIGIN).host], ...scopes.map((scope) => ["scope", scope])]);
  const answer = await ask(`/token?${query.toString()}`, { as: secret });
  return tokenAnswer.parse(await answer.json()).token;
}
