import { queryOptions, useSuspenseQuery } from "@tanstack/react-query";
import type { ConsoleSession } from "../../contract/operations.ts";
import { matchesRepository } from "../../oci/repository-pattern.ts";
import { call } from "./client.ts";

/** Somebody who is signed in. */
export type Session = NonNullable<ConsoleSession["session"]>;

export type Right = "manageInstallation" | "manageSpace" | "readSpace" | "pull" | "push" | "delete";

/** Who is signed in, and at which registry. */
export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: ({ signal }) => call("getSession", { path: {} }, signal),
  staleTime: 60_000,
});

/** True if the console offers this to whoever is signed in: the API decides in the end. */
export function may(session: Session, right: Right): boolean {
  return session.may.includes(right);
}

/** True if whoever is signed in may look at this repository of their space: the API decides in the end. */
export function mayRead(session: Session, repository: string): boolean {
  if (may(session, "manageSpace")) return true;
  return may(session, "readSpace") && matchesRepository(session.token?.repositories ?? [], repository);
}

/** Of pages behind the sign-in. */
export function useSession(): Session {
  const { session } = useSuspenseQuery(sessionQuery).data;
  if (session === null) throw new Error("no session: sign in first");
  return session;
}

/** The host that clients log in to, as in `registry.example.com`. */
export function useRegistryHost(): string {
  return useSuspenseQuery(sessionQuery).data.registry;
}
