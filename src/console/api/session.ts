import { queryOptions, useSuspenseQuery } from "@tanstack/react-query";
import type { ConsoleSession } from "../../contract/operations.ts";
import { matchesRepository } from "../../oci/repository-pattern.ts";
import { call } from "./client.ts";

/** A signed-in user's session. */
export type Session = NonNullable<ConsoleSession["session"]>;

export type Right = "manageInstallation" | "manageSpace" | "readSpace" | "pull" | "push" | "delete";

/** The session of the signed-in user, and the registry's host. */
export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: ({ signal }) => call("getSession", { path: {} }, signal),
  staleTime: 60_000,
});

/** True if the console offers this to the signed-in user; the API has the last word. */
export function may(session: Session, right: Right): boolean {
  return session.may.includes(right);
}

/** True if the signed-in user may look at this repository of their space; the API has the last word. */
export function mayRead(session: Session, repository: string): boolean {
  if (may(session, "manageSpace")) return true;
  return may(session, "readSpace") && matchesRepository(session.token?.repositories ?? [], repository);
}

/** Returns the session. For pages behind the sign-in: throws if there is none. */
export function useSession(): Session {
  const { session } = useSuspenseQuery(sessionQuery).data;
  if (session === null) throw new Error("no session: sign in first");
  return session;
}

/** Returns the host that clients log in to, such as `registry.example.com`. */
export function useRegistryHost(): string {
  return useSuspenseQuery(sessionQuery).data.registry;
}
