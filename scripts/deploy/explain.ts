import * as z from "zod";
import { type Api, ApiFailure } from "./api.ts";
import { Problem } from "./problem.ts";

/**
 * Codes by which Cloudflare says that a login is not valid, or has no right to this; 7003: the login has no such
 * account.
 */
const AUTH_CODES = new Set([7003, 1000, 1001, 6003, 6111, 9106, 9109, 10000, 10001]);

/**
 * The code for R2 that was not switched on, which has to be done once. Its status is 403, although it is not about
 * permissions.
 */
const R2_IS_OFF = 10042;

/** Permissions that an API token needs, by the path that was refused. */
const PERMISSIONS: readonly (readonly [RegExp, string])[] = [
  [/^\/accounts\/[^/]+\/d1\//, "D1: Edit"],
  [/^\/accounts\/[^/]+\/r2\//, "Workers R2 Storage: Edit"],
  [/^\/accounts\/[^/]+\/queues/, "Queues: Edit"],
  [/^\/accounts\/[^/]+\/workers\/scripts\/[^/]+\/domains/, "Zone, DNS: Edit"],
  [/^\/accounts\/[^/]+\/workers\/scripts\/[^/]+\/routes/, "Zone, Workers Routes: Edit"],
  [/^\/accounts\/[^/]+\/workers\//, "Workers Scripts: Edit"],
  [/^\/zones\/[^/]+\/workers\/routes/, "Zone, Workers Routes: Edit"],
  [/^\/zones\/[^/]+\/dns_records/, "Zone, DNS: Edit"],
  [/^\/zones/, "Zone, Zone: Read"],
  [/^/, "Account Settings: Read"],
];

/** Advice if there is no login, or none that Cloudflare accepts. */
export const LOG_IN =
  "log in first: run `npx wrangler login`, or set CLOUDFLARE_API_TOKEN (docs/deploy.md lists the permissions)";

/** True if the failure is one of login or permission. */
export function isAuthFailure({ status, codes }: ApiFailure): boolean {
  if (codes.includes(R2_IS_OFF)) return false;
  return status === 401 || status === 403 || (status < 500 && codes.some((code) => AUTH_CODES.has(code)));
}

/** Returns the permission that a call of this path needs. */
export function permissionFor(path: string): string {
  return PERMISSIONS.find(([pattern]) => pattern.test(path))?.[1] ?? "";
}

/** Turns a failed call into a sentence that says what to do. Other errors are returned unchanged. */
export async function explain(error: unknown, api: Api | null, account: string | null): Promise<unknown> {
  if (!(error instanceof ApiFailure)) return error;
  const { what, status, codes, message } = error;
  if (codes.includes(R2_IS_OFF))
    return new Problem(
      `R2 is not switched on in this account. Switch it on at https://dash.cloudflare.com/${account ?? "?to=/:account"}/r2 (it asks for a payment method; 10 GB are free), then run the command again`,
    );
  if (isAuthFailure(error)) return new Problem(await explainRefusal(error, api, account));
  if (status === 0)
    return new Problem(
      `Cloudflare's API does not answer (${what}: ${message}). Check the connection, then run the command again`,
    );
  if (status === 429)
    return new Problem(
      `Cloudflare was asked too much at once (${what}). Wait five minutes, then run the command again`,
    );
  if (status >= 500)
    return new Problem(
      `Cloudflare's API failed (${what} answered ${status}). Run the command again; if it goes on, see https://www.cloudflarestatus.com`,
    );
  const code = codes.length > 0 ? `, code ${codes.join(", ")}` : "";
  return new Problem(
    `Cloudflare refused ${what} (${status}${code}): ${message || "without a reason"}. Mend that, then run the command again`,
  );
}

const accountList = z.array(z.looseObject({ id: z.string(), name: z.string().default("") }));

/**
 * Explains a refusal. Cloudflare gives the same answer to an invalid login and to a missing permission, so this checks
 * the login.
 */
async function explainRefusal({ what, status, codes }: ApiFailure, api: Api | null, account: string | null) {
  const path = what.slice(what.indexOf(" ") + 1);
  if (api === null || account === null) return `Cloudflare does not accept the login; ${LOG_IN}`;
  const seen = await attempt(() => api.call("/accounts?per_page=50"));
  const accounts = accountList.safeParse(seen).data ?? [];
  if (accounts.length > 0 && !accounts.some(({ id }) => id === account)) {
    const list = accounts.map(({ id, name }) => `  ${id}  ${name}`).join("\n");
    return `this login does not reach the account ${account}. Set CLOUDFLARE_ACCOUNT_ID to one that it reaches:\n${list}`;
  }
  const isGood =
    seen !== null ||
    (await attempt(() => api.call("/user/tokens/verify"))) !== null ||
    (await attempt(() => api.call(`/accounts/${account}/tokens/verify`))) !== null;
  if (!isGood) return `Cloudflare does not accept the login; ${LOG_IN}`;
  const answer = codes.length > 0 ? `code ${codes.join(", ")}` : String(status);
  return `the login may not do this (${what}: ${answer}). Give the API token the permission "${permissionFor(path)}", or log in as someone who has it, then run the command again`;
}

async function attempt(action: () => Promise<unknown>): Promise<unknown> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof ApiFailure) return null;
    throw error;
  }
}
