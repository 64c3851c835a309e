/**
 * Authorization, between route and handler. Each route is wrapped in the guard that states its needs, and a handler
 * runs only with the grant that the guard obtained.
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

/** The need of a route. The tests derive the authorization matrix from it. */
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
  /** Returns the scopes that a challenge names. */
  readonly scopes: (call: Call) => readonly string[];
}

/** Wraps a handler so that it runs only with the rights that the guard obtains. */
export type Guard<C extends Call> = (handler: Handler<C>) => Guarded;

/**
 * Scopes that a challenge names for each action. A push also looks whether content is there, so it names `pull` too.
 */
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

/** Guards signing in and out: anybody may do it, but only from our own pages. */
export function ownPage(handler: Handler): Guarded {
  const run: Handler = (call) => {
    requireOwnPage(call.request, call.url, call.registry.realm);
    return handler(call);
  };
  return open(run);
}

/**
 * Guards a route that accepts any login. It refuses a request without one even if anonymous pulls are possible, since
 * this route alone shows clients how to log in.
 */
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

/**
 * Guards a route of a repository.
 * @param more scopes that a token should have beside the route's own, such as a mount's source.
 */
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
 * Guards requests to an upload session. The session's address is signed for the uploader, and the end of the upload
 * confirms the credential. So a token that was good when the upload began is good until it ends: a client, or a program
 * that cuts its body into chunks, may have no other.
 */
export function uploadSession(handler: Handler<RepositoryCall>): Guarded {
  return repositoryWith("push", handler, { leeway: SESSION_LEEWAY });
}

/** Guards routes of the space that the path names, for its administrator and the installation's. */
export function space(handler: Handler<SpaceCall>): Guarded {
  const run: Handler = async (call) =>
    handler({ ...call, grant: authorizeSpace(await identifyManager(call), call.params["space"] ?? "") });
  return { need: "space", run, scopes: NO_SCOPES };
}

/**
 * Guards reads in the space that the path names, for its managers and for tokens that pull, within the repositories
 * that they cover.
 */
export function spaceReader(handler: Handler<SpaceReaderCall>): Guarded {
  const run: Handler = async (call) => handler({ ...call, grant: await readerOf(call) });
  return { need: "spaceReader", run, scopes: NO_SCOPES };
}

/** Like {@link spaceReader}, for one repository: the path names it, or `repository` in the query. */
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

/**
 * Returns the one repository that the request is about. Throws REQUEST_INVALID if the query names none or several,
 * since it must be clear which one counts.
 */
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

/** Guards a route that tells the sender of a secret about that secret. */
export function self(handler: Handler<SelfCall>): Guarded {
  const run: Handler = async (call) => handler({ ...call, credential: authorizeSelf(await identifyManager(call)) });
  return { need: "self", run, scopes: NO_SCOPES };
}

function identify({ request, registry }: Call, leeway?: number): Promise<Principal> {
  const acceptance = { leeway, refreshTokens: true };
  return authenticate(registry.authenticator, request.headers.get("Authorization"), acceptance);
}

/**
 * Identifies the sender of a management request. Without an Authorization header, the console's cookie counts, and the
 * assertion of Cloudflare Access.
 */
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
