import type { Call } from "../call.ts";

/** end-1: that this is a registry, and that the login is good. */
export function getVersion(): Response {
  return Response.json({});
}

/** What is never a page of the console. */
const OWN_ADDRESS = /^\/(?:v2|api|token|healthz|\.well-known|assets)(?:\/|$)/;

/** The console's page, where a browser opens an address that may be one of the console's; else null. */
export async function consolePage(call: Call): Promise<Response | null> {
  return OWN_ADDRESS.test(call.url.pathname) ? null : browserPage(call);
}

/** The API's reference: for a browser a page of the console, for any other client the document that it is made of. */
export async function getReference(call: Call): Promise<Response> {
  const headers = { Location: "/api/v1/openapi.json", Vary: "Accept" };
  return (await browserPage(call)) ?? new Response(null, { status: 302, headers });
}

async function browserPage({ request, registry }: Call): Promise<Response | null> {
  const isOpened = request.method === "GET" || request.method === "HEAD";
  const wantsPage = request.headers.get("Accept")?.includes("text/html") ?? false;
  if (!isOpened || !wantsPage || registry.consolePage === null) return null;
  const page = await registry.consolePage();
  const headers = new Headers(page.headers);
  headers.set("Vary", "Accept");
  return new Response(page.body, { status: page.status, headers });
}

/** The console, for a browser; for any other client, how to go on. */
export async function getWelcome(call: Call): Promise<Response> {
  return (await consolePage(call)) ?? welcome(call);
}

function welcome({ registry }: Call): Response {
  const { issuer, service } = registry.realm;
  const text = `Spacedock, a container registry.

Log in:      docker login ${service}
Console:     ${issuer}
Images:      ${service}/<space>/<path>:<tag>
Management:  ${issuer}/api/v1/docs
`;
  return new Response(text, { headers: { "Content-Type": "text/plain; charset=utf-8", Vary: "Accept" } });
}

/** That the Worker runs; it asks no store, so that a monitor costs nothing. */
export function getHealth(): Response {
  return Response.json({ status: "ok" }, { headers: { "Cache-Control": "no-store" } });
}
