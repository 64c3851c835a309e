import * as z from "zod";
import type { Account, Zone } from "./account.ts";
import { type Handler, Refusal, type Request } from "./refusal.ts";

/** Finds the zones of this name in all accounts. */
export function zonesNamed(accounts: Iterable<Account>, name: string | null): readonly object[] {
  return [...accounts].flatMap((account) => {
    const zone = account.zones.get(name ?? "");
    return zone === undefined ? [] : [{ id: zone.id, name, status: zone.status, account: { id: account.id } }];
  });
}

/** Finds the account that an address is about, by its name or by that of one of its zones. */
export function accountOf(accounts: ReadonlyMap<string, Account>, path: string): Account | undefined {
  const zone = /\/zones\/([^/]+)/.exec(path)?.[1];
  if (zone !== undefined)
    return [...accounts.values()].find(({ zones }) => [...zones.values()].some(({ id }) => id === zone));
  return accounts.get(/\/accounts\/([^/]+)/.exec(path)?.[1] ?? "");
}

function zoneWithId({ zones }: Account, id: string): readonly [string, Zone] {
  const found = [...zones].find(([, zone]) => zone.id === id);
  if (found === undefined) throw new Refusal(404, 7003, "Could not route to the zone");
  return found;
}

const origins = z.array(z.looseObject({ hostname: z.string() }));

function conflicting({ zones }: Account, hosts: readonly string[]): readonly string[] {
  const records = new Set([...zones.values()].flatMap((zone) => zone.records.map(({ name }) => name)));
  return hosts.filter((host) => records.has(host));
}

/** Attaches domains. If nobody can be asked, wrangler says that the former owner of a domain loses it. */
async function attach({ account, body }: Request, script = ""): Promise<readonly object[]> {
  const { origins: wanted } = z.looseObject({ origins }).parse(await body());
  for (const { hostname } of wanted) account.domains.set(hostname, script);
  return [];
}

/** The routes for domains. */
export const ZONE_ROUTES: readonly (readonly [string, Handler])[] = [
  [
    "GET /zones/*",
    ({ account }, id = "") => {
      const [name, { status }] = zoneWithId(account, id);
      return { id, name, status, account: { id: account.id } };
    },
  ],
  ["GET /zones/*/workers/routes", ({ account }, id = "") => zoneWithId(account, id)[1].routes],
  [
    "GET /zones/*/dns_records",
    ({ account, query }, id = "") =>
      zoneWithId(account, id)[1].records.filter(({ name }) => name === query.get("name")),
  ],
  [
    "GET /workers/domains",
    ({ account, query }) =>
      [...account.domains]
        .filter(([hostname]) => hostname === query.get("hostname"))
        .map(([hostname, service]) => ({ hostname, service })),
  ],
  [
    "POST /workers/scripts/*/domains/changeset",
    async ({ account, body }, name = "") => {
      if (!account.workers.has(name)) throw new Refusal(404, 10007, "workers.api.error.service not found");
      const hosts = origins.parse(await body()).map(({ hostname }) => hostname);
      const taken = conflicting(account, hosts).map((hostname) => ({ hostname }));
      return { added: [], removed: [], updated: [], conflicting: taken };
    },
  ],
  ["PUT /workers/scripts/*/domains/records", attach],
  [
    "PUT /workers/scripts/*/routes",
    async ({ account, body }, script = "") => {
      const wanted = z.array(z.looseObject({ pattern: z.string() })).parse(await body());
      for (const zone of account.zones.values()) zone.routes = wanted.map(({ pattern }) => ({ pattern, script }));
      return wanted.map(({ pattern }) => pattern);
    },
  ],
];
