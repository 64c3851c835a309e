/**
 * Authorization, between route and handler: each route states what it needs by the guard it is wrapped in, and
 * a handler runs only with the grant that the guard obtained.
 */
import { authenticate, authenticateBrowser, browserProofOf } from "./auth/authenticate.ts";
import {
  authorize,
  authorizeCatalog,
  authorizeInstallation,
  authorizeReader,
  authorizeReading,
  authorizeSelf,
  authorizeSpace,
} from "./auth/authorize.ts";
import { requireOwnPage } from "./auth/console-cookie.ts";
import type { Principal } from "./auth/principal.ts";
import type { ReaderGrant } from "./auth/space-grant.ts";
import { CATALOG_SCOPE, type RepositoryAction, repositoryScope } from "./auth/scope.ts";
import { SESSION_LEEWAY } from "./auth/tokens.ts";
import type {
  Call,
  CatalogCall,
  Handler,
  InstallationCall,
  RepositoryCall,
  RepositoryReaderCall,
  SelfCall,
  SpaceCall,
  SpaceReaderCall,
} from "./call.ts";
import { RegistryError } from "./oci/errors.ts";
import { requireOwnNamespace, withinNamespace } from "./namespace.ts";
import { parseRepositoryName, requireRepositoryName } from "./oci/name.ts";

/** What a route needs; the tests derive the matrix of who may do what from it. */
export type Need =
  | "nothing"
  | "login"
  | "catalog"
  | RepositoryAction
  | "space"
  | "spaceReader"
  | "repositoryReader"
  | "installation"
  | "self";

export interface Guarded {
  readonly need: Need;
  readonly run: Handler;
  /** What a challenge tells the client to ask a token for. */
  readonly scopes: (call: Call) => readonly string[];
}

/** Wraps a handler so that it runs only with what the guard obtains. */
export type Guard<C extends Call> = (handler: Handler<C>) => Guarded;

/** The scopes clients are told to ask for: a push also looks whether things are there. */
const SCOPE_ACTIONS: Record<RepositoryAction, readonly RepositoryAction[]> = {
  pull: ["pull"],
  push: ["pull", "push"],
  delete: ["delete"],
};

const READS: ReadonlySet<string> = new Set(["GET", "HEAD"]);

const NO_SCOPES = (): readonly string[] => [];

export function open(handler: Handler): Guarded {
  return { need: "nothing", run: handler, scopes: NO_SCOPES };
}

/** For signing in and out: nobody needs a right to it, but only our own pages may do it. */
export function ownPage(handler: Handler): Guarded {
  const run: Handler = (call) => {
    requireOwnPage(call.request, call.url, call.registry.realm);
    return handler(call);
  };
  return open(run);
}

/** Any login will do. Without one it is refused even where anonymous pulls are possible: clients learn only here how to log in. */
export function login(handler: Handler): Guarded {
  const run: Handler = async (call) => {
    const principal = await identify(call);
    if (principal.kind === "anonymous") throw new RegistryError("UNAUTHORIZED");
    return handler(call);
  };
  return { need: "login", run, scopes: NO_SCOPES };
}

export function catalog(handler: Handler<CatalogCall>): Guarded {
  const run: Handler = async (call) => {
    const grant = authorizeCatalog(await identify(call));
    requireOwnNamespace(call);
    return handler({ ...call, grant });
  };
  return { need: "catalog", run, scopes: () => [CATALOG_SCOPE] };
}

/** @param more scopes that a token should have beside the route's own, such as a mount's source. */
export function repository(
  action: RepositoryAction,
  handler: Handler<RepositoryCall>,
  more: (url: URL) => readonly string[] = NO_SCOPES,
): Guarded {
  return repositoryWith(action, handler, { more });
}

function repositoryWith(
  action: RepositoryAction,
  handler: Handler<RepositoryCall>,
  { more = NO_SCOPES, leeway }: { readonly more?: (url: URL) => readonly string[]; readonly leeway?: number },
): Guarded {
  const run: Handler = async (call) => {
    const name = requireRepositoryName(
      call.params["name"] ?? "",
      READS.has(call.request.method) ? "NAME_UNKNOWN" : "NAME_INVALID",
    );
    const principal = await identify(call, leeway);
    const grant = authorize(principal, action, name);
    return withinNamespace(call, grant, () => handler({ ...call, principal, grant }));
  };
  return { need: action, run, scopes: (call) => [...scopesOf(call, action), ...more(call.url)] };
}

/**
 * For requests to an upload session. Its address is signed for the uploader, and the end of the upload confirms the
 * credential: so a token that was good when the upload began is good until it ends (a client, or what cuts its body
 * into chunks, may have no other).
 */
export function uploadSession(handler: Handler<RepositoryCall>): Guarded {
  return repositoryWith("push", handler, { leeway: SESSION_LEEWAY });
}

/** The space that the path names, for its administrator or the installation's. */
export function space(handler: Handler<SpaceCall>): Guarded {
  const run: Handler = async (call) =>
    handler({ ...call, grant: authorizeSpace(await identifyManager(call), call.params["space"] ?? "") });
  return { need: "space", run, scopes: NO_SCOPES };
}

/** The space that the path names, for who manages it, and for a token that pulls: of the repositories that it covers. */
export function spaceReader(handler: Handler<SpaceReaderCall>): Guarded {
  const run: Handler = async (call) => handler({ ...call, grant: await readerOf(call) });
  return { need: "spaceReader", run, scopes: NO_SCOPES };
}

/** Likewise what is in one repository: the path names it, or `repository` in the query. */
export function repositoryReader(handler: Handler<RepositoryReaderCall>): Guarded {
  const run: Handler = async (call) => {
    const reader = await readerOf(call);
    return handler({ ...call, grant: authorizeReading(reader, namedRepository(call)), manages: reader.manages });
  };
  return { need: "repositoryReader", run, scopes: NO_SCOPES };
}

async function readerOf(call: Call): Promise<ReaderGrant> {
  return authorizeReader(await identifyManager(call), call.params["space"] ?? "");
}

/** The one repository that the request is about. Throws REQUEST_INVALID where the query names none, or several: which one counts must be clear. */
function namedRepository({ params, url }: Call): string {
  const inPath = params["name"];
  if (inPath !== undefined) return inPath;
  const [path, ...others] = url.searchParams.getAll("repository");
  if (path !== undefined && others.length === 0) return path;
  throw new RegistryError("REQUEST_INVALID", {
    detail: [{ path: "repository", message: "name exactly one repository" }],
  });
}

export function installation(handler: Handler<InstallationCall>): Guarded {
  const run: Handler = async (call) => handler({ ...call, grant: authorizeInstallation(await identifyManager(call)) });
  return { need: "installation", run, scopes: NO_SCOPES };
}

/** Whoever sends a secret, to be told of it. */
export function self(handler: Handler<SelfCall>): Guarded {
  const run: Handler = async (call) => handler({ ...call, credential: authorizeSelf(await identifyManager(call)) });
  return { need: "self", run, scopes: NO_SCOPES };
}

function identify({ request, registry }: Call, leeway?: number): Promise<Principal> {
  const acceptance = { leeway, refreshTokens: true };
  return authenticate(registry.authenticator, request.headers.get("Authorization"), acceptance);
}

/** For the management API alone: where there is no Authorization header, the console's cookie counts, and what Cloudflare Access says. */
async function identifyManager(call: Call): Promise<Principal> {
  const { request, url, registry } = call;
  const proof = request.headers.has("Authorization") ? null : browserProofOf(registry.authenticator, request.headers);
  if (proof === null) return authenticate(registry.authenticator, request.headers.get("Authorization"));
  requireOwnPage(request, url, registry.realm);
  return (await authenticateBrowser(registry.authenticator, proof)).principal;
}

function scopesOf(call: Call, action: RepositoryAction): readonly string[] {
  const name = parseRepositoryName(call.params["name"] ?? "");
  return name === null ? [] : [repositoryScope(name, SCOPE_ACTIONS[action])];
}
