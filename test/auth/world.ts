/** A space for the authorization matrix, with principals of each kind. */
import { env } from "cloudflare:workers";
import * as z from "zod";
import { signIn } from "../support/console.ts";
import { bytesOf, pushBlob, pushImage, startSession } from "../support/content.ts";
import { makeSpace, makeToken, manage, type TestToken, type TokenWish } from "../support/registry.ts";

/** The principals that send requests. */
export const whoShape = z.enum([
  "nobody",
  "garbage",
  "expired",
  "revoked",
  "stranger",
  "pull",
  "push",
  "delete",
  "narrow",
  "admin",
  "installation",
]);

export type Who = z.infer<typeof whoShape>;

/** A space with an image and a principal of each kind. Each is made when it is first used. */
export interface World {
  secretOf(who: Who): Promise<string | null>;
  cookieOf(who: Who): Promise<string>;
  /** Returns the value for a parameter of a path. */
  paramOf(name: string): Promise<string>;
}

let worlds = 0;

export function makeWorld(): World {
  worlds += 1;
  const seed = worlds;
  const space = `matrix${seed}`;
  const web = `${space}/web`;
  const all = once(() => makeSpace(space));
  const image = once(async () => pushImage(web, await all(), "latest"));
  const token = async (wish: TokenWish = {}): Promise<TestToken> => {
    await all();
    return makeToken(space, wish);
  };
  const only = async (...actions: readonly string[]): Promise<string> => (await token({ actions })).token;
  const secrets: Record<Who, () => Promise<string | null>> = {
    nobody: async () => null,
    garbage: async () => `sdt_${"0".repeat(48)}`,
    expired: async () => {
      const expired = await token();
      await env.DB.prepare("UPDATE tokens SET expires_at = 1 WHERE id = ?").bind(expired.id).run();
      return expired.token;
    },
    revoked: async () => {
      const revoked = await token();
      await manage("DELETE", `spaces/${space}/tokens/${revoked.id}`);
      return revoked.token;
    },
    stranger: () => makeSpace(`${space}-stranger`),
    pull: () => only("pull"),
    push: () => only("push"),
    delete: () => only("delete"),
    narrow: async () => {
      const wish = { actions: ["pull", "push", "delete"], repositories: ["other/**", "!web"] };
      return (await token(wish)).token;
    },
    admin: () => only("admin"),
    installation: async () => env.ADMIN_TOKEN,
  };
  const params: Record<string, () => Promise<string>> = {
    name: () => image().then(() => web),
    path: () => image().then(() => "web"),
    space: () => all().then(() => space),
    // No manifest needs this blob, so it can be deleted.
    digest: async () => (await pushBlob(web, await all(), bytesOf(10, seed))).digest,
    reference: async () => (await image()).digest,
    session: async () => {
      const session = await startSession(web, await all());
      return session.slice(session.lastIndexOf("/") + 1);
    },
    id: async () => (await token()).id,
  };
  const secretOf = onceEach((who: Who) => secrets[who]());
  return {
    secretOf,
    cookieOf: onceEach(async (who: Who) => signIn((await secretOf(who)) ?? "")),
    paramOf: onceEach((name: string) => params[name]?.() ?? Promise.reject(new Error(`nothing stands for :${name}`))),
  };
}

/** Makes a value at the first call, and returns the same one at each. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  const made = onceEach(make);
  return () => made(null);
}

function onceEach<K, T>(make: (key: K) => Promise<T>): (key: K) => Promise<T> {
  const made = new Map<K, Promise<T>>();
  return (key) => {
    const known = made.get(key) ?? make(key);
    made.set(key, known);
    return known;
  };
}
