import { IttyRouter, type IRequest } from "itty-router";
import { openApiHandler } from "./api/openapi.ts";
import type { Operation } from "./api/operation.ts";
import { OPERATIONS } from "./api/operations.ts";
import { browserProofOf } from "./auth/authenticate.ts";
import { discardBody } from "./body.ts";
import type { Call } from "./call.ts";
import { catalog, type Guarded, login, open, repository, uploadSession } from "./guard.ts";
import { getBlob, removeBlob } from "./http/blobs.ts";
import { getCatalog, getReferrers, getTags } from "./http/lists.ts";
import { getManifest, putManifest, removeManifest } from "./http/manifests.ts";
import { type ErrorStyle, errorResponse } from "./http/respond.ts";
import { consolePage, getHealth, getReference, getVersion, getWelcome } from "./http/status.ts";
import { getDiscovery, getKeys, getToken, postToken } from "./http/token.ts";
import { deleteUpload, getUpload, mountScopes, patchUpload, postUpload, putUpload } from "./http/uploads.ts";
import { RegistryError } from "./oci/errors.ts";

export interface Route {
  /** The spec's name of the route (end-2), or the management operation's. */
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly guarded: Guarded;
}

const route = (id: string, method: string, path: string, guarded: Guarded): Route => ({ id, method, path, guarded });

// Order matters if two patterns fit: `uploads` and `list` come before patterns that could take them for a reference.
const REGISTRY_ROUTES: readonly Route[] = [
  route("end-1", "GET", "/v2/", login(getVersion)),
  route("catalog", "GET", "/v2/_catalog", catalog(getCatalog)),
  route("end-4", "POST", "/v2/:name+/blobs/uploads/", repository("push", postUpload, mountScopes)), // and end-11, a mount
  route("end-5", "PATCH", "/v2/:name+/blobs/uploads/:session", uploadSession(patchUpload)),
  route("end-6", "PUT", "/v2/:name+/blobs/uploads/:session", uploadSession(putUpload)),
  route("end-13", "GET", "/v2/:name+/blobs/uploads/:session", uploadSession(getUpload)),
  route("end-14", "DELETE", "/v2/:name+/blobs/uploads/:session", uploadSession(deleteUpload)),
  route("end-8", "GET", "/v2/:name+/tags/list", repository("pull", getTags)),
  route("end-2", "GET", "/v2/:name+/blobs/:digest", repository("pull", getBlob)),
  route("end-10", "DELETE", "/v2/:name+/blobs/:digest", repository("delete", removeBlob)),
  route("end-3", "GET", "/v2/:name+/manifests/:reference", repository("pull", getManifest)),
  route("end-7", "PUT", "/v2/:name+/manifests/:reference", repository("push", putManifest)),
  route("end-9", "DELETE", "/v2/:name+/manifests/:reference", repository("delete", removeManifest)),
  route("end-12", "GET", "/v2/:name+/referrers/:digest", repository("pull", getReferrers)),
];

const TOKEN_ROUTES: readonly Route[] = [
  route("token", "GET", "/token", open(getToken)),
  route("token", "POST", "/token", open(postToken)),
];

/** Returns the routes of an operation, including its earlier address. */
function routesOf({ id, method, path, formerly, guarded }: Operation): readonly Route[] {
  return [path, ...(formerly === undefined ? [] : [formerly])].map((one) => route(id, method, one, guarded));
}

const OTHER_ROUTES: readonly Route[] = [
  route("openapi", "GET", "/api/v1/openapi.json", open(openApiHandler(OPERATIONS))),
  route("reference", "GET", "/api/v1/docs", open(getReference)),
  route("discovery", "GET", "/.well-known/openid-configuration", open(getDiscovery)),
  route("jwks", "GET", "/.well-known/jwks.json", open(getKeys)),
  route("welcome", "GET", "/", open(getWelcome)),
  route("health", "GET", "/healthz", open(getHealth)),
];

export const ROUTES: readonly Route[] = [
  ...REGISTRY_ROUTES,
  ...TOKEN_ROUTES,
  ...OPERATIONS.flatMap(routesOf),
  ...OTHER_ROUTES,
];

/** The context of an exchange: everything that it needs beside the request. */
export interface RequestContext {
  readonly registry: Call["registry"];
  /** Names the request in the log and in answers. */
  readonly requestId: string;
}

/** The most characters of an address: far more than any client needs. It bounds the cost of parsing and logging. */
const MAX_URL_LENGTH = 16 * 1024;

const router = IttyRouter<IRequest, [Request, RequestContext], Response>();
for (const path of new Set(ROUTES.map((one) => one.path))) {
  const routes = ROUTES.filter((one) => one.path === path);
  router.all(pattern(path), (matched, request, context) =>
    dispatch(isAtSlash(request.url, path) ? [] : routes, matched.params, request, context),
  );
}

/** Writes a path for the router, which would take the verb of `…/tags:delete` for a parameter. */
function pattern(path: string): string {
  return path.replaceAll(/(?<=\w):(?=\w)/g, "[:]");
}

/**
 * True if an address ends in a slash and the route does not: `…/spaces/acme/` is no route. The runtime turns
 * `…/spaces/acme/tokens/..` into it before we see it, and a request about a token must not become one about its space.
 */
function isAtSlash(url: string, path: string): boolean {
  const { pathname } = new URL(url);
  return pathname.endsWith("//") || (pathname.endsWith("/") && !path.endsWith("/"));
}

/** Answers any request. It never rejects. */
export async function handleRequest(request: Request, context: RequestContext): Promise<Response> {
  const response: Response | undefined = await router.fetch(
    { url: request.url, method: request.method },
    request,
    context,
  );
  const answer = response ?? (await dispatch([], {}, request, context));
  const headers = new Headers(answer.headers);
  headers.set("X-Request-Id", context.requestId);
  headers.set("X-Content-Type-Options", "nosniff");
  // An answer for a browser's session must not outlive the session in a cache.
  if (browserProofOf(context.registry.authenticator, request.headers) !== null)
    headers.set("Cache-Control", "no-store");
  if (styleOf(new URL(request.url)) === "registry") headers.set("Docker-Distribution-Api-Version", "registry/2.0");
  return new Response(request.method === "HEAD" ? null : answer.body, { status: answer.status, headers });
}

/** Runs the route for the method; HEAD is answered like GET, without the body. */
async function dispatch(
  routes: readonly Route[],
  params: Readonly<Record<string, string>>,
  request: Request,
  { registry, requestId }: RequestContext,
): Promise<Response> {
  const url = new URL(request.url);
  const call: Call = { request, url, params, registry };
  const method = request.method === "HEAD" ? "GET" : request.method;
  const found = routes.find((one) => one.method === method);
  try {
    if (request.url.length > MAX_URL_LENGTH) throw new RegistryError("URI_TOO_LONG");
    if (found !== undefined) return await answerOf(found, call);
    if (routes.length > 0) throw methodNotAllowed(routes);
    const page = await consolePage(call);
    if (page === null) throw new RegistryError("ROUTE_UNKNOWN");
    return page;
  } catch (error) {
    await discardBody(request.body);
    const scopes = found?.guarded.scopes(call) ?? [];
    return errorResponse(error, { style: styleOf(url), realm: registry.realm, scopes, requestId });
  }
}

/** Runs the route. It discards an unread body, so that the client hears the answer. */
async function answerOf({ guarded }: Route, call: Call): Promise<Response> {
  const answer = await guarded.run(call);
  await discardBody(call.request.body);
  return answer;
}

function methodNotAllowed(routes: readonly Route[]): RegistryError {
  const methods = routes.flatMap(({ method }) => (method === "GET" ? ["GET", "HEAD"] : [method]));
  return new RegistryError("METHOD_NOT_ALLOWED", { headers: { Allow: methods.join(", ") } });
}

function styleOf({ pathname }: URL): ErrorStyle {
  if (pathname.startsWith("/api/")) return "problem";
  return pathname === "/token" ? "oauth" : "registry";
}
