import { randomUUID } from "node:crypto";
import type { Home } from "./home.ts";

/** Returns an unused path in a home. */
export function scratch(home: Home): string {
  return home.path(`scratch-${randomUUID()}`);
}
