/** The composition root: what the runtime calls, and where stores are made for it. */
import type { Authenticator } from "./auth/authenticate.ts";
import { signingKeys } from "./auth/keys.ts";
import type { Registry } from "./call.ts";
import { type Env, realmOf, settingsOf } from "./env.ts";
import { unavailable } from "./http/respond.ts";
import { handleRequest } from "./router.ts";
import { d1Blobs } from "./storage/d1/blobs.ts";
import { d1Credentials } from "./storage/d1/credentials.ts";
import { d1Directory } from "./storage/d1/directory.ts";
import { d1Manifests } from "./storage/d1/manifests.ts";
import { d1Repositories } from "./storage/d1/repositories.ts";
import { d1Spaces } from "./storage/d1/spaces.ts";
import { d1Tags } from "./storage/d1/tags.ts";
import { d1Tokens } from "./storage/d1/tokens.ts";
import { r2Bytes } from "./storage/r2/bytes.ts";
import { durableUploads } from "./storage/uploads/uploads.ts";

export { UploadSession } from "./storage/uploads/upload-session.ts";

export default {
  async fetch(request, env, context): Promise<Response> {
    const requestId = request.headers.get("CF-Ray") ?? crypto.randomUUID();
    try {
      const registry = await openRegistry(env, new URL(request.url), context);
      return await handleRequest(request, { registry, requestId });
    } catch (fault) {
      // Only a setting that is missing or malformed can bring us here; the log names it.
      return unavailable(fault, requestId);
    }
  },
} satisfies ExportedHandler<Env>;

async function openRegistry(env: Env, url: URL, context: ExecutionContext): Promise<Registry> {
  const settings = settingsOf(env);
  const keys = await signingKeys(settings.SIGNING_KEYS);
  const realm = realmOf(settings, url);
  const later = (work: Promise<unknown>): void => {
    context.waitUntil(work.catch((fault: unknown) => console.error(JSON.stringify({ later: String(fault) }))));
  };
  const credentials = d1Credentials(env.DB, later);
  const authenticator: Authenticator = {
    keys,
    realm,
    adminToken: settings.ADMIN_TOKEN,
    findCredential: (hash) => credentials.findByHash(hash),
  };
  return {
    keys,
    realm,
    authenticator,
    later,
    stores: {
      bytes: r2Bytes(env.BLOBS, later),
      blobs: d1Blobs(env.DB),
      manifests: d1Manifests(env.DB),
      tags: d1Tags(env.DB),
      repositories: d1Repositories(env.DB),
      uploads: durableUploads(env.UPLOADS),
      credentials,
    },
    management: {
      spaces: d1Spaces(env.DB),
      tokens: d1Tokens(env.DB),
      directory: d1Directory(env.DB),
    },
  };
}
