import type { TestProject } from "vitest/node";
import { type Endpoint, startServer } from "./server.ts";

declare module "vitest" {
  interface ProvidedContext {
    registry: Endpoint;
  }
}

/** Starts one server for all the files of a run. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startServer();
  project.provide("registry", { url: server.url, adminToken: server.adminToken });
  return () => server.stop();
}
