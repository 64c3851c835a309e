import * as z from "zod";
import { tryWrangler } from "../wrangler.ts";
import { type Api, type Credentials } from "./api.ts";
import { LOG_IN } from "./explain.ts";
import { Problem } from "./problem.ts";

const login = z.discriminatedUnion("type", [
  z.object({ type: z.literal("api_token"), token: z.string() }),
  z.object({ type: z.literal("oauth"), token: z.string() }),
  z.object({ type: z.literal("api_key"), key: z.string(), email: z.string() }),
]);

/** Finds the login that wrangler uses: from the environment, an .env file, or `wrangler login`. */
export async function findLogin(): Promise<Credentials> {
  const token = process.env["CLOUDFLARE_API_TOKEN"];
  if (token !== undefined && token !== "") return bearer(token, true);
  const { ok, output } = await tryWrangler(["auth", "token", "--json"], { output: "keep" });
  const found = ok ? login.safeParse(JSON.parse(output)).data : undefined;
  if (found === undefined) throw new Problem(LOG_IN);
  if (found.type === "api_key")
    return { isToken: false, headers: { "X-Auth-Key": found.key, "X-Auth-Email": found.email } };
  return bearer(found.token, found.type === "api_token");
}

function bearer(token: string, isToken: boolean): Credentials {
  return { isToken, headers: { Authorization: `Bearer ${token}` } };
}

const accountList = z.array(z.looseObject({ id: z.string(), name: z.string().default("") }));

/** Finds the account to deploy to: the one that is named, or the only one that the login reaches. */
export async function chooseAccount(api: Api, configured: string | undefined): Promise<string> {
  const named = configured ?? process.env["CLOUDFLARE_ACCOUNT_ID"];
  if (named !== undefined && named !== "") return named;
  const accounts = accountList.parse(await api.call("/accounts?per_page=50"));
  const [first, ...more] = accounts;
  if (first === undefined)
    throw new Problem(
      'the login does not say which account it is for. Set CLOUDFLARE_ACCOUNT_ID (the dashboard shows the id on "Workers & Pages"), or give the API token the permission "Account Settings: Read"',
    );
  if (more.length === 0) return first.id;
  const list = accounts.map(({ id, name }) => `  ${id}  ${name}`).join("\n");
  throw new Problem(
    `the login reaches several accounts. Say which one to deploy to: set CLOUDFLARE_ACCOUNT_ID, or account_id in wrangler.toml, to one of these ids:\n${list}`,
  );
}
