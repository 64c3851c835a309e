import * as z from "zod";
import { type Api, ApiFailure } from "./api.ts";
import { isAuthFailure } from "./explain.ts";
import type { DomainRoute, Installation } from "./installation.ts";
import { Problem } from "./problem.ts";

/** The code for an absent Worker. */
const NO_WORKER = 10007;

const zoneList = z.array(
  z.looseObject({
    id: z.string(),
    name: z.string(),
    status: z.string().optional(),
    account: z.looseObject({ id: z.string() }).optional(),
  }),
);
const routeList = z.array(z.looseObject({ pattern: z.string(), script: z.string().nullish() }));
const domainList = z.array(z.looseObject({ hostname: z.string(), service: z.string().nullish() }));
const recordList = z.array(z.looseObject({ type: z.string() }));
const changeset = z.looseObject({ conflicting: z.array(z.looseObject({ hostname: z.string() })).default([]) });

type Zone = z.infer<typeof zoneList>[number];

/** Records that a domain cannot have beside those that a Worker gets. */
const ADDRESS_RECORDS = new Set(["A", "AAAA", "CNAME"]);

interface Context {
  readonly api: Api;
  readonly account: string;
  readonly installation: Installation;
}

/**
 * Ends the command if a domain of the configuration cannot become the registry's, or is somebody else's. Wrangler would
 * find out after the upload. Or, since it cannot ask anybody, it would take the domain from another Worker and replace
 * its DNS records.
 */
export async function checkDomains(context: Context): Promise<void> {
  for (const route of context.installation.routes) {
    if (route.isCustomDomain && /[*/]/.test(route.pattern))
      throw new Problem(
        `"${route.pattern}" in wrangler.toml is no custom domain: write its host alone, without * and /, or leave out custom_domain`,
      );
    const zone = await zoneOf(context, route);
    if (zone === null) continue;
    await checkRoutes(context, zone, route);
    if (route.isCustomDomain) await checkCustomDomain(context, zone, route.pattern);
  }
}

/** Finds the zone of a route; null: the route names none, like one for any host. */
async function zoneOf({ api, account }: Context, { host, zoneId, zoneName }: DomainRoute): Promise<Zone | null> {
  if (zoneId !== undefined) return usable(zoneList.parse([await api.call(`/zones/${zoneId}`)]), account, zoneId);
  const wanted = zoneName ?? host;
  if (wanted === null) return null;
  const labels = wanted.split(".");
  const found: Zone[] = [];
  for (let first = 0; first < labels.length - 1 && found.length === 0; first += 1) {
    const name = labels.slice(first).join(".");
    found.push(...zoneList.parse(await api.call(`/zones?name=${encodeURIComponent(name)}`)));
  }
  return usable(found, account, wanted);
}

/** Returns the one of these zones that the account has, if it is in use. */
function usable(zones: readonly Zone[], account: string, wanted: string): Zone {
  const own = zones.find((zone) => zone.account === undefined || zone.account.id === account);
  const [other] = zones;
  if (own === undefined && other !== undefined)
    throw new Problem(
      `the domain "${other.name}" is in the account ${other.account?.id ?? ""}, and this is ${account}. Set CLOUDFLARE_ACCOUNT_ID to that account, or name a domain of this one in wrangler.toml`,
    );
  if (own === undefined)
    throw new Problem(
      `this login finds no domain for "${wanted}" in the account ${account}. Add the domain to the account at https://dash.cloudflare.com/${account}/domains; or, if it is there, give the API token the permission "Zone, Zone: Read" for it. Then run the command again`,
    );
  if (own.status !== undefined && own.status !== "active")
    throw new Problem(
      `Cloudflare does not serve the domain "${own.name}" yet (its status is "${own.status}"). Finish its setup at https://dash.cloudflare.com/${account}/${own.name}, then run the command again`,
    );
  return own;
}

/**
 * Checks the routes of other Workers. A route comes before a custom domain, so another Worker's route on the same host
 * would get all requests.
 */
async function checkRoutes({ api, account, installation }: Context, zone: Zone, route: DomainRoute): Promise<void> {
  const wanted = route.isCustomDomain ? [`${route.pattern}/*`, route.pattern] : [route.pattern];
  const routes = routeList.parse(await api.call(`/zones/${zone.id}/workers/routes`));
  const taken = routes.find(({ pattern, script }) => wanted.includes(pattern) && script !== installation.name);
  if (taken === undefined) return;
  const owner = taken.script ? `belongs to the Worker "${taken.script}"` : "is set to run no Worker";
  throw new Problem(
    `the route "${taken.pattern}" ${owner}. Delete it at https://dash.cloudflare.com/${account}/${zone.name}/workers, or name another domain in wrangler.toml; then run the command again`,
  );
}

async function checkCustomDomain({ api, account, installation }: Context, zone: Zone, host: string): Promise<void> {
  const found = await api.call(`/accounts/${account}/workers/domains?hostname=${encodeURIComponent(host)}`);
  const domain = domainList.parse(found).find(({ hostname }) => hostname === host);
  if (domain?.service === installation.name) return;
  if (domain !== undefined)
    throw new Problem(
      `the domain "${host}" belongs to the Worker "${domain.service ?? ""}". Remove it there (Settings, "Domains & Routes"), or name another domain in wrangler.toml; then run the command again`,
    );
  if (!(await hasRecords({ api, account, installation }, zone, host))) return;
  throw new Problem(
    `the domain "${host}" has a DNS record already, which deploying would replace. Delete it at https://dash.cloudflare.com/${account}/${zone.name}/dns, or name another domain in wrangler.toml; then run the command again`,
  );
}

async function hasRecords(context: Context, { id }: Zone, host: string): Promise<boolean> {
  const { api } = context;
  try {
    const records = recordList.parse(await api.call(`/zones/${id}/dns_records?name=${encodeURIComponent(host)}`));
    return records.some(({ type }) => ADDRESS_RECORDS.has(type));
  } catch (error) {
    // `wrangler login` has no permission to read DNS records, and needs none to deploy. A token can be given it.
    if (!(error instanceof ApiFailure && isAuthFailure(error)) || api.isToken) throw error;
    return conflicts(context, host);
  }
}

/** Asks for the records and domains that the domain would replace. Only an existing Worker may ask. */
async function conflicts({ api, account, installation: { name } }: Context, host: string): Promise<boolean> {
  const path = `/accounts/${account}/workers/scripts/${name}/domains/changeset?replace_state=true`;
  const answer = await api.find(path, [NO_WORKER], { method: "POST", body: [{ hostname: host }] });
  if (answer !== null) return changeset.parse(answer).conflicting.some(({ hostname }) => hostname === host);
  console.log(
    `This login does not show DNS records. If "${host}" has any, the deployment replaces them; with an API token it looks first.`,
  );
  return false;
}
