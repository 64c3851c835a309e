import { randomBytes } from "node:crypto";
import type { Action, Connection } from "./server.ts";

/** A test file's own space, so that files and repeated runs never meet. */
export interface Space {
  readonly name: string;
  readonly host: string;
  token(...actions: Action[]): Promise<string>;
  /** Returns the full name of a repository, as a client writes it. */
  repository(path: string): string;
}

export async function openSpace(registry: Connection, purpose: string): Promise<Space> {
  const name = `${purpose}-${randomBytes(4).toString("hex")}`;
  await registry.createSpace(name);
  return {
    name,
    host: registry.host,
    token: (...actions) => registry.createToken(name, { actions }),
    repository: (path) => `${registry.host}/${name}/${path}`,
  };
}
