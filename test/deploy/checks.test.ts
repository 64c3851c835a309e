import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { workerWith, zoneWith } from "./account.ts";
import { checkout, expectRefused, faultOn, theScene, tokenOf, useScene } from "./scene.ts";

useScene();

describe("before anything is uploaded", () => {
  it("says that R2 is not switched on, though Cloudflare answers 403", async () => {
    theScene().account.isR2Off = true;
    expectRefused(await checkout().deploy(), "R2 is not switched on", "https://dash.cloudflare.com/acme/r2");
    expect(theScene().account.queues.size).toBe(0);
  });

  it.each([
    [/workers.scripts/, "Workers Scripts: Edit"],
    [/d1.database/, "D1: Edit"],
    [/r2.buckets/, "Workers R2 Storage: Edit"],
    [/queues/, "Queues: Edit"],
  ])("names the permission that the API token lacks: %s", async (pattern, permission) => {
    faultOn(pattern, { status: 403, code: 10000, message: "Authentication error" });
    const outcome = await checkout().deploy();
    expectRefused(outcome, `the permission "${permission}"`);
    expect(outcome.output).not.toContain("log in first");
  });

  it("asks for a login only where that is what is missing", async () => {
    const person = checkout();
    const none = await person.deployWith({ CLOUDFLARE_API_TOKEN: undefined });
    expectRefused(none, "log in first: run `npx wrangler login`");
    theScene().standIn.script = () => ({ status: 401, code: 1000, message: "Invalid API Token" });
    expectRefused(await person.deploy(), "does not accept the login; log in first");
    expectRefused(await person.deployWith({ CLOUDFLARE_ACCOUNT_ID: "acme" }), "does not accept the login");
  });

  it("lists several accounts, and takes the one that is named", async () => {
    theScene().standIn.addAccount("other");
    const person = checkout();
    expectRefused(await person.deploy(), "set CLOUDFLARE_ACCOUNT_ID", "acme  Account acme", "other  Account other");
    const stranger = await person.deployWith({ CLOUDFLARE_ACCOUNT_ID: "stranger" });
    expectRefused(stranger, "does not reach the account stranger", "acme  Account acme");
    theScene().account.subdomain = null;
    const named = await person.deployWith({ CLOUDFLARE_ACCOUNT_ID: "acme" });
    expectRefused(named, "no workers.dev subdomain yet", "https://dash.cloudflare.com/acme/workers/onboarding");
  });

  it("does without a workers.dev subdomain where there is a domain, and prints the domain", async () => {
    theScene().account.subdomain = null;
    theScene().account.zones.set("example.com", zoneWith());
    const person = checkout();
    const routes = 'routes = [{ pattern = "registry.example.com", custom_domain = true }]';
    person.edit((toml) => toml.replace("workers_dev = true", `workers_dev = true\n${routes}`));
    expectRefused(await person.deploy(), "set workers_dev = false in wrangler.toml");
    person.edit((toml) => toml.replace("workers_dev = true", "workers_dev = false"));
    const deployed = await person.deploy();
    expect(deployed).toMatchObject({ code: 0 });
    expect(deployed.output).toContain("deployed on https://registry.example.com.");
    expect(deployed.output).toContain("docker login registry.example.com -u acme");
    expect(deployed.output).not.toContain("workers.dev");
  });

  it("leaves a Worker, a database, a bucket and a queue of somebody else alone", async () => {
    const person = checkout();
    theScene().account.workers.set("spacedock", workerWith({ type: "kv_namespace", name: "THEIRS", id: "x" }));
    expectRefused(await person.deploy(), 'a Worker "spacedock" already, which is not a Spacedock registry', "--name");
    theScene().account.workers.set("spacedock", workerWith());
    expectRefused(await person.deploy(), "which is not a Spacedock registry");
    theScene().account.workers.clear();
    const database = await theScene().account.addDatabase("spacedock");
    await theScene().account.databases.get(database)?.sql.load("CREATE TABLE theirs (id INTEGER)");
    expectRefused(await person.deploy(), 'a database "spacedock" with content');
    expectRefused(await person.deploy("--adopt"), 'a database "spacedock" with content');
    theScene().account.databases.clear();
    theScene().account.buckets.set("spacedock-blobs", [{ key: "theirs" }]);
    expectRefused(await person.deploy(), 'a bucket "spacedock-blobs" with content');
    theScene().account.buckets.clear();
    theScene().account.queues.set("spacedock-events", {
      consumers: [{ consumer_id: "c", type: "worker", script: "theirs" }],
    });
    expectRefused(await person.deploy(), 'the queue "spacedock-events" belongs to the Worker "theirs"');
    expect(person.secrets()).toBeNull();
  });

  it("keeps a secret that was put before the first deployment", async () => {
    const person = checkout();
    theScene().account.workers.set(
      "spacedock",
      workerWith({ type: "secret_text", name: "ADMIN_TOKEN", text: "chosen" }),
    );
    const deployed = await person.deploy();
    expect(deployed).toMatchObject({ code: 0 });
    expect(deployed.output).toContain("The Worker has ADMIN_TOKEN");
    expect(tokenOf()).toBe("chosen");
    expect(theScene().account.secret("spacedock", "SIGNING_KEYS")).toBe(person.secrets()?.["SIGNING_KEYS"]);
  });

  it("stops where git would take the secrets, or the file is damaged or another installation's", async () => {
    const person = checkout();
    expectRefused(await person.deploy("--secrets", join(import.meta.dirname, "my.txt")), "git would take");
    const file = join(person.directory, "x.json");
    writeFileSync(file, '{"secrets":');
    expectRefused(await person.deploy("--secrets", file), "is damaged");
    writeFileSync(file, '{"account":"other","secrets":{}}');
    expectRefused(await person.deploy("--secrets", file), "belongs to the account other");
    writeFileSync(file, '{"secrets":{"ADMIN_TOKEN":"easy to guess"}}');
    expectRefused(
      await person.deploy("--secrets", file),
      "ADMIN_TOKEN is too short (13 of at least 32 characters)",
      "--rotate admin-token",
    );
    expectRefused(await person.deploy("--nonsense"), "usage: npm run deploy");
  });
});
