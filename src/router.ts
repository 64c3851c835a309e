import { IttyRouter, type IRequest } from "itty-router";
import { listActivity, listInstallationActivity } from "./api/activity.ts";
import { listDamaged } from "./api/damaged.ts";
import { openApiHandler } from "./api/openapi.ts";
import type { Operation } from "./api/operation.ts";
import { OPERATIONS as DECLARED } from "./api/operations.ts";
import { REFERENCE, type OperationReference } from "./api/reference.ts";
import * as repositories from "./api/repositories.ts";
import * as manifests from "./api/manifests.ts";
import * as deliveries from "./api/deliveries.ts";
import * as retention from "./api/retention.ts";
import * as session from "./api/session.ts";
import * as storage from "./api/storage.ts";
import * as tags from "./api/tags.ts";
import * as targets from "./api/targets.ts";
import * as tokens from "./api/tokens.ts";
import * as trials from "./api/trials.ts";
import * as triggers from "./api/triggers.ts";
import * as undo from "./api/undo.ts";
import { whoami } from "./api/whoami.ts";
import { browserProofOf } from "./auth/authenticate.ts";
import { discardBody } from "./body.ts";
import type { Call } from "./call.ts";
import {
  catalog,
  type Guarded,
  installation,
  login,
  open,
  ownPage,
  repository,
  repositoryReader,
  self,
  space,
  spaceReader,
  uploadSession,
} from "./guard.ts";
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

const MANAGEMENT_ROUTES: readonly Route[] = [
  route("whoami", "GET", "/api/v1/whoami", self(whoami)),
  route("signIn", "POST", "/api/v1/session", ownPage(session.signIn)),
  route("getSession", "GET", "/api/v1/session", open(session.getSession)),
  route("signOut", "DELETE", "/api/v1/session", ownPage(session.signOut)),
  route("listInstallationActivity", "GET", "/api/v1/activity", installation(listInstallationActivity)),
  route("listActivity", "GET", "/api/v1/spaces/:space/activity", space(listActivity)),
  route("getStorage", "GET", "/api/v1/spaces/:space/storage", space(storage.getStorage)),
  route("getStorageHistory", "GET", "/api/v1/spaces/:space/storage/history", space(storage.getStorageHistory)),
  route("previewCollection", "POST", "/api/v1/spaces/:space/gc:preview", space(storage.previewCollection)),
  route("createToken", "POST", "/api/v1/spaces/:space/tokens", space(tokens.createToken)),
  route("listTokens", "GET", "/api/v1/spaces/:space/tokens", space(tokens.listTokens)),
  route("getToken", "GET", "/api/v1/spaces/:space/tokens/:id", space(tokens.getToken)),
  route("revokeToken", "DELETE", "/api/v1/spaces/:space/tokens/:id", space(tokens.revokeToken)),
  route("listRepositories", "GET", "/api/v1/spaces/:space/repositories", spaceReader(repositories.listRepositories)),
  route("listRepositoryTags", "GET", "/api/v1/spaces/:space/repositories/:name+/tags", repositoryReader(tags.listTags)),
  route(
    "getRepository",
    "GET",
    "/api/v1/spaces/:space/repositories/:name+",
    repositoryReader(repositories.getRepository),
  ),
  route("updateRepository", "PATCH", "/api/v1/spaces/:space/repositories/:name+", space(repositories.updateRepository)),
  route(
    "deleteRepository",
    "DELETE",
    "/api/v1/spaces/:space/repositories/:name+",
    space(repositories.deleteRepository),
  ),
  route("deleteTags", "POST", "/api/v1/spaces/:space/tags:delete", space(tags.deleteTags)),
  // It is not below the repository's own address, since a repository's name may have a component `manifest`.
  route("getManifest", "GET", "/api/v1/spaces/:space/manifest", repositoryReader(manifests.getManifest)),
  route("listReferrers", "GET", "/api/v1/spaces/:space/referrers", repositoryReader(manifests.listReferrers)),
  route("getBlobText", "GET", "/api/v1/spaces/:space/blob-text", repositoryReader(manifests.getBlobText)),
  route("listDamaged", "GET", "/api/v1/spaces/:space/damaged", space(listDamaged)),
  route("createRetentionRule", "POST", "/api/v1/spaces/:space/retention-rules", space(retention.createRetentionRule)),
  route("listRetentionRules", "GET", "/api/v1/spaces/:space/retention-rules", space(retention.listRetentionRules)),
  route("getRetentionRule", "GET", "/api/v1/spaces/:space/retention-rules/:id", space(retention.getRetentionRule)),
  route(
    "updateRetentionRule",
    "PATCH",
    "/api/v1/spaces/:space/retention-rules/:id",
    space(retention.updateRetentionRule),
  ),
  route(
    "deleteRetentionRule",
    "DELETE",
    "/api/v1/spaces/:space/retention-rules/:id",
    space(retention.deleteRetentionRule),
  ),
  route("previewRetention", "POST", "/api/v1/spaces/:space/retention:preview", space(retention.previewRetention)),
];

const UNDO_ROUTES: readonly Route[] = [
  route("getHistory", "GET", "/api/v1/spaces/:space/history", repositoryReader(undo.getHistory)),
  route("revert", "POST", "/api/v1/spaces/:space/revert", space(undo.revert)),
  route(
    "listDeletedRepositories",
    "GET",
    "/api/v1/spaces/:space/deleted/repositories",
    space(undo.listDeletedRepositories),
  ),
  route("listDeletedManifests", "GET", "/api/v1/spaces/:space/deleted/manifests", space(undo.listDeletedManifests)),
  route("listDeletedTags", "GET", "/api/v1/spaces/:space/deleted/tags", space(undo.listDeletedTags)),
  route("undelete", "POST", "/api/v1/spaces/:space/undelete", space(undo.undelete)),
];

const DEPLOYMENT_ROUTES: readonly Route[] = [
  route("createTarget", "POST", "/api/v1/spaces/:space/targets", space(targets.createTarget)),
  route("listTargets", "GET", "/api/v1/spaces/:space/targets", space(targets.listTargets)),
  route("getTarget", "GET", "/api/v1/spaces/:space/targets/:id", space(targets.getTarget)),
  route("updateTarget", "PATCH", "/api/v1/spaces/:space/targets/:id", space(targets.updateTarget)),
  route("deleteTarget", "DELETE", "/api/v1/spaces/:space/targets/:id", space(targets.deleteTarget)),
  route("enableTarget", "POST", "/api/v1/spaces/:space/targets/:id/enable", space(targets.switchTarget(true))),
  route("disableTarget", "POST", "/api/v1/spaces/:space/targets/:id/disable", space(targets.switchTarget(false))),
  route(
    "rotateTargetSecret",
    "POST",
    "/api/v1/spaces/:space/targets/:id/rotate-secret",
    space(targets.rotateTargetSecret),
  ),
  route("testTarget", "POST", "/api/v1/spaces/:space/targets/:id/test", space(trials.testTarget)),
  route("createTrigger", "POST", "/api/v1/spaces/:space/triggers", space(triggers.createTrigger)),
  route("listTriggers", "GET", "/api/v1/spaces/:space/triggers", space(triggers.listTriggers)),
  route("getTrigger", "GET", "/api/v1/spaces/:space/triggers/:id", space(triggers.getTrigger)),
  route("updateTrigger", "PATCH", "/api/v1/spaces/:space/triggers/:id", space(triggers.updateTrigger)),
  route("deleteTrigger", "DELETE", "/api/v1/spaces/:space/triggers/:id", space(triggers.deleteTrigger)),
  route("enableTrigger", "POST", "/api/v1/spaces/:space/triggers/:id/enable", space(triggers.switchTrigger(true))),
  route("disableTrigger", "POST", "/api/v1/spaces/:space/triggers/:id/disable", space(triggers.switchTrigger(false))),
  route("previewTrigger", "POST", "/api/v1/spaces/:space/triggers:preview", space(trials.previewTrigger)),
  route("testTrigger", "POST", "/api/v1/spaces/:space/triggers/:id/test", space(trials.testTrigger)),
  route("replayTrigger", "POST", "/api/v1/spaces/:space/triggers/:id/replay", space(triggers.replayTrigger)),
  route("previewPushes", "POST", "/api/v1/spaces/:space/pushes:preview", space(trials.previewPushes)),
  route("listEvents", "GET", "/api/v1/spaces/:space/events", space(deliveries.listEvents)),
  route("getEvent", "GET", "/api/v1/spaces/:space/events/:id", space(deliveries.getEvent)),
  route("listDeployed", "GET", "/api/v1/spaces/:space/deployed", space(deliveries.listDeployed)),
  route("listDeliveries", "GET", "/api/v1/spaces/:space/deliveries", space(deliveries.listDeliveries)),
  route("getDelivery", "GET", "/api/v1/spaces/:space/deliveries/:id", space(deliveries.getDelivery)),
  route("cancelDelivery", "POST", "/api/v1/spaces/:space/deliveries/:id/cancel", space(deliveries.cancelDelivery)),
  route("redeliver", "POST", "/api/v1/spaces/:space/deliveries/:id/redeliver", space(deliveries.redeliver)),
];

/** Operations that are not declared yet. */
const REFERRED: readonly Operation[] = [...MANAGEMENT_ROUTES, ...UNDO_ROUTES, ...DEPLOYMENT_ROUTES].map(
  ({ id, method, path, guarded }) => {
    const { summary, status, query, body, output: answer } = referenceOf(id);
    return { id, method, path, guarded, summary, status, query, body, answer };
  },
);

function referenceOf(id: string): OperationReference {
  const found = Object.entries(REFERENCE).find(([name]) => name === id);
  if (found === undefined) throw new Error(`no reference for ${id}`);
  return found[1];
}

/** All operations of the management API. */
export const OPERATIONS: readonly Operation[] = [...DECLARED, ...REFERRED];

/** Returns the routes of an operation, including its earlier addresses. */
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

/** The surroundings of an exchange: everything that it needs beside the request. */
export interface Surroundings {
  readonly registry: Call["registry"];
  /** Names the request in the log and in answers. */
  readonly requestId: string;
}

/** The most characters of an address: far more than any client needs. It bounds the cost of parsing and logging. */
const MAX_URL_LENGTH = 16 * 1024;

const router = IttyRouter<IRequest, [Request, Surroundings], Response>();
for (const path of new Set(ROUTES.map((one) => one.path))) {
  const routes = ROUTES.filter((one) => one.path === path);
  router.all(pattern(path), (matched, request, surroundings) =>
    dispatch(isAtSlash(request.url, path) ? [] : routes, matched.params, request, surroundings),
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
export async function handleRequest(request: Request, surroundings: Surroundings): Promise<Response> {
  const response: Response | undefined = await router.fetch(
    { url: request.url, method: request.method },
    request,
    surroundings,
  );
  const answer = response ?? (await dispatch([], {}, request, surroundings));
  const headers = new Headers(answer.headers);
  headers.set("X-Request-Id", surroundings.requestId);
  headers.set("X-Content-Type-Options", "nosniff");
  // An answer for a browser's session must not outlive the session in a cache.
  if (browserProofOf(surroundings.registry.authenticator, request) !== null) headers.set("Cache-Control", "no-store");
  if (styleOf(new URL(request.url)) === "registry") headers.set("Docker-Distribution-Api-Version", "registry/2.0");
  return new Response(request.method === "HEAD" ? null : answer.body, { status: answer.status, headers });
}

/** Runs the route for the method; HEAD is answered like GET, without the body. */
async function dispatch(
  routes: readonly Route[],
  params: Readonly<Record<string, string>>,
  request: Request,
  { registry, requestId }: Surroundings,
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
