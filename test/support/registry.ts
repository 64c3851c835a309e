import { env, exports } from "cloudflare:workers";
import { authorizeSpace } from "../../src/auth/authorize.ts";
import type { SpaceGrant } from "../../src/auth/space-grant.ts";
import * as z from "zod";

export const ORIGIN = "https://registry.test";

export interface Ask {
  readonly method?: string;
  /** A credential's secret, sent as Basic. */
  readonly as?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: BodyInit | null;
}

/** Sends one request to the Worker under test. */
export function ask(
  path: string,
  { method = "GET", as = null, headers = {}, body = null }: Ask = {},
): Promise<Response> {
  const authorization: Record<string, string> = as === null ? {} : { Authorization: `Basic ${btoa(`u:${as}`)}` };
  return exports.default.fetch(
    new Request(new URL(path, ORIGIN), { method, headers: { ...authorization, ...headers }, body, redirect: "manual" }),
  );
}

/** Sends one request to the management API, as the installation's administrator unless told otherwise. */
export function manage(
  method: string,
  path: string,
  body?: unknown,
  token: string = env.ADMIN_TOKEN,
): Promise<Response> {
  return ask(`/api/v1/${path}`, {
    method,
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
    body: body === undefined ? null : JSON.stringify(body),
  });
}

export interface TokenWish {
  readonly name?: string;
  readonly actions?: readonly string[];
  readonly repositories?: readonly string[];
  readonly expiresIn?: number;
}

const tokenAnswer = z.object({ id: z.string(), token: z.string() });

export type TestToken = z.infer<typeof tokenAnswer>;

export async function makeToken(space: string, wish: TokenWish = {}): Promise<TestToken> {
  const body = { name: "test", actions: ["pull", "push", "delete"], repositories: ["**"], ...wish };
  const answer = await manage("POST", `spaces/${space}/tokens`, body);
  if (answer.status !== 201) throw new Error(`making a token answered ${answer.status}: ${await answer.text()}`);
  return tokenAnswer.parse(await answer.json());
}

/** Makes a space with a token that may do everything with its repositories. Returns the token's secret. */
export async function makeSpace(name: string, isPublic = false): Promise<string> {
  const answer = await manage("POST", "spaces", { name, public: isPublic });
  if (answer.status !== 201) throw new Error(`making a space answered ${answer.status}: ${await answer.text()}`);
  return (await makeToken(name)).token;
}

let spaces = 0;

/** Makes a space as {@link makeSpace} does, under a name that none had before. */
export async function nextSpace(purpose: string): Promise<{ readonly space: string; readonly as: string }> {
  spaces += 1;
  const space = `${purpose}${spaces}`;
  return { space, as: await makeSpace(space) };
}

/** Returns the right of the installation's administrator to manage the space. */
export function administratorOf(space: string): SpaceGrant {
  return authorizeSpace({ kind: "admin", email: null }, space);
}

const errorBody = z.object({
  errors: z.array(z.object({ code: z.string(), message: z.string(), detail: z.unknown().optional() })).min(1),
});

/** Returns status and code of an error in the spec's form; fails if the body has another form. */
export async function errorOf(response: Response): Promise<string> {
  const { errors } = errorBody.parse(await response.json());
  return `${response.status} ${errors[0]?.code}`;
}
