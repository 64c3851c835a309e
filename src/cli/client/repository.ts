import type { RemoteRepository } from "./reference.ts";

/** Returns the scope that a token needs to read a repository. */
export function pullScope({ name }: Pick<RemoteRepository, "name">): string {
  return `repository:${name}:pull`;
}

export function pushScope({ name }: Pick<RemoteRepository, "name">): string {
  return `repository:${name}:pull,push`;
}

export function deleteScope({ name }: Pick<RemoteRepository, "name">): string {
  return `repository:${name}:delete`;
}

/** Returns an address below a repository: `/v2/<name>/<rest>`. */
export function repositoryPath({ name }: Pick<RemoteRepository, "name">, rest: string): string {
  return `/v2/${name}/${rest}`;
}
