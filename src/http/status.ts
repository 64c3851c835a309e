import type { Call } from "../call.ts";

/** Answers end-1: this is a registry, and the login is good. */
export function getVersion(): Response {
  return Response.json({});
}

/** Matches addresses that are never a page of the console. */
const OWN_ADDRESS = /^\/(?:v2|api|token|healthz|\.well-known|assets)(?:\/|$)/;

/** Returns the console's page if a browser opens an address that may be one of the console's; otherwise null. */
export async function consolePage(call: Call): Promise<Response | null> {
  return OWN_ADDRESS.test(call.url.pathname) ? null : browserPage(call);
}

/** Answers a browser with the API's reference in the console, and any other client with the document behind it. */
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

/** Answers a browser with the console, and any other client with the next steps. */
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

/** Answers that the Worker runs. It asks no store, so that a monitor costs nothing. */
export function getHealth(): Response {
  return Response.json({ status: "ok" }, { headers: { "Cache-Control": "no-store" } });
}
