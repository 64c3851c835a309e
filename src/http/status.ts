import type { Call } from "../call.ts";

/** end-1: that this is a registry, and that the login is good. */
export function getVersion(): Response {
  return Response.json({});
}

/** For a person who opens the address in a browser. */
export function getWelcome({ registry }: Call): Response {
  const { issuer, service } = registry.realm;
  const text = `Spacedock, a container registry.

Log in:      docker login ${service}
Images:      ${service}/<space>/<path>:<tag>
Management:  ${issuer}/api/v1/openapi.json
`;
  return new Response(text, { headers: { "Content-Type": "text/plain; charset=utf-8" } });
}

/** That the Worker runs; it asks no store, so that a monitor costs nothing. */
export function getHealth(): Response {
  return Response.json({ status: "ok" }, { headers: { "Cache-Control": "no-store" } });
}
