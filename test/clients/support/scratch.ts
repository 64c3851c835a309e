import { randomUUID } from "node:crypto";
import type { Home } from "./home.ts";

/** A path in a home that nothing has used. */
export function scratch(home: Home): string {
  return home.path(`scratch-${randomUUID()}`);
}
