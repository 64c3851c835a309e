import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Zone, zoneWith } from "./account.ts";
import type { Checkout } from "./run-deploy.ts";
import { checkout, expectRefused, faultOn, noFaults, theScene, useScene } from "./scene.ts";

useScene();

const CUSTOM = '{ pattern = "registry.example.com", custom_domain = true }';

/** Makes a checkout whose registry is to have this domain. */
function withRoute(route = CUSTOM): Checkout {
  const person = checkout();
  person.edit((toml) => toml.replace("workers_dev = true", `workers_dev = false\nroutes = [${route}]`));
  return person;
}

function addZone(zone: Zone = zoneWith()): Zone {
  theScene().account.zones.set("example.com", zone);
  return zone;
}

/** Expects that nothing was made, neither in the account nor here. */
function expectUntouched(person: Checkout): void {
  expect(theScene().account.queues.size).toBe(0);
  expect(theScene().account.databases.size).toBe(0);
  expect(person.secrets()).toBeNull();
}

const RECORD = { type: "CNAME", name: "registry.example.com" };

describe("a domain of one's own, before anything is made", () => {
  it.each([
    [/^GET .zones$/, "Zone, Zone: Read"],
    [/^GET .zones.[^/]+.workers.routes$/, "Zone, Workers Routes: Edit"],
    [/^GET .zones.[^/]+.dns_records$/, "Zone, DNS: Edit"],
    [/^GET .workers.domains$/, "Workers Scripts: Edit"],
  ])("names the permission that the API token lacks: %s", async (pattern, permission) => {
    addZone();
    const person = withRoute();
    faultOn(pattern, { status: 403, code: 10000, message: "Authentication error" });
    expectRefused(await person.deploy(), `the permission "${permission}"`);
    expectUntouched(person);
    noFaults();
    expect(await person.deploy()).toMatchObject({ code: 0 });
    expect([...theScene().account.domains]).toEqual([["registry.example.com", "spacedock"]]);
    // The domain's own record, which exists from now on.
    addZone(zoneWith(RECORD));
    expect(await person.deploy()).toMatchObject({ code: 0 });
  });

  it("is one that the login finds, in this account, and in use", async () => {
    const person = withRoute();
    expectRefused(
      await person.deploy(),
      'this login finds no domain for "registry.example.com" in the account acme. Add the domain',
      '"Zone, Zone: Read"',
    );
    theScene().standIn.addAccount("other").zones.set("example.com", zoneWith());
    expectRefused(
      await person.deployWith({ CLOUDFLARE_ACCOUNT_ID: "acme" }),
      'the domain "example.com" is in the account other, and this is acme',
    );
    addZone().status = "pending";
    expectRefused(
      await person.deployWith({ CLOUDFLARE_ACCOUNT_ID: "acme" }),
      'does not serve the domain "example.com" yet (its status is "pending")',
    );
    expectUntouched(person);
  });

  it("is taken neither from another Worker nor from a DNS record", async () => {
    const zone = addZone(zoneWith({ type: "TXT", name: "registry.example.com" }, { type: "A", name: "example.com" }));
    const person = withRoute();
    theScene().account.domains.set("registry.example.com", "theirs");
    expectRefused(await person.deploy(), 'the domain "registry.example.com" belongs to the Worker "theirs"');
    theScene().account.domains.clear();
    zone.routes = [{ pattern: "registry.example.com/*", script: "theirs" }];
    expectRefused(await person.deploy(), 'the route "registry.example.com/*" belongs to the Worker "theirs"');
    addZone(zoneWith(RECORD));
    expectRefused(
      await person.deploy(),
      'the domain "registry.example.com" has a DNS record already, which deploying would replace. Delete it at',
    );
    expectUntouched(person);
    addZone(zone).routes = [];
    expect(await person.deploy()).toMatchObject({ code: 0 });
  });

  it("is looked at too where it is given by a route, by its zone's name or by its id", async () => {
    const zone = addZone();
    zone.routes = [{ pattern: "*.example.com/v2/*", script: "theirs" }];
    for (const route of [
      '"*.example.com/v2/*"',
      '{ pattern = "*.example.com/v2/*", zone_name = "example.com" }',
      `{ pattern = "*.example.com/v2/*", zone_id = "${zone.id}" }`,
    ])
      expectRefused(
        await withRoute(`${route}, "registry.example.com/*"`).deploy(),
        'the route "*.example.com/v2/*" belongs to the Worker "theirs"',
      );
    expectRefused(
      await withRoute('{ pattern = "registry.example.com/*", custom_domain = true }').deploy(),
      '"registry.example.com/*" in wrangler.toml is no custom domain',
    );
    // A route shares its host with anything that has a record for it.
    addZone(zoneWith(RECORD));
    const person = withRoute('"registry.example.com/*"');
    expect(await person.deploy()).toMatchObject({ code: 0 });
    expect(await person.deploy()).toMatchObject({ code: 0 });
  });

  it("is looked at as far as `wrangler login` lets it, which shows no DNS records", async () => {
    addZone(zoneWith({ type: "A", name: "old.example.com" }));
    const person = withRoute();
    const login = { CLOUDFLARE_API_TOKEN: undefined, HOME: homeAfterLogin(person) };
    faultOn(/dns_records$/, { status: 403, code: 10000 });
    const first = await person.deployWith(login);
    expect(first.output).toContain("This login does not show DNS records");
    expect(first).toMatchObject({ code: 0 });
    person.edit((toml) => toml.replace(CUSTOM, CUSTOM.replace("registry", "old")));
    theScene().standIn.calls.length = 0;
    expectRefused(await person.deployWith(login), 'the domain "old.example.com" has a DNS record already');
  });
});

/** Makes a home directory as `wrangler login` leaves it. */
function homeAfterLogin({ directory }: Checkout): string {
  const home = join(directory, "home");
  const config = join(home, ".config/.wrangler/config");
  mkdirSync(config, { recursive: true });
  const lines = [
    'oauth_token = "o"',
    'refresh_token = "r"',
    'expiration_time = "2999-01-01T00:00:00.000Z"',
    "scopes = []",
  ];
  writeFileSync(join(config, "default.toml"), `${lines.join("\n")}\n`);
  return home;
}
