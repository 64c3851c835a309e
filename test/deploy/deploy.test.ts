import { readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { workerWith } from "./account.ts";
import { checkout, expectRefused, faultOn, noFaults, rows, theScene, tokenOf, useScene } from "./scene.ts";

useScene();

it("deploys the registry from nothing, shows the token once, updates it, and takes a new migration", async () => {
  const person = checkout("real");
  const first = await person.deploy();
  expect(first).toMatchObject({ code: 0 });
  const token = person.secrets()?.["ADMIN_TOKEN"] ?? "";
  expect(tokenOf()).toBe(token);
  const names = readdirSync(person.migrations).filter((name) => name.endsWith(".sql"));
  expect(first.output).toContain(
    `Applied ${names.length} migrations, ${names[0]} to ${names.at(-1)}.\nUploading the Worker …\n\nSpacedock is deployed on https://spacedock.acme-team.workers.dev.\n`,
  );
  expect(first.output.split(token)).toHaveLength(2);
  expect(first.output.match(/docker login/g)).toHaveLength(1);
  expect(await rows("SELECT name FROM d1_migrations")).toHaveLength(names.length);
  expect(await rows("SELECT name FROM sqlite_schema WHERE name = 'first_deploy'")).toEqual([]);
  const worker = theScene().account.workers.get("spacedock");
  expect(worker).toMatchObject({ crons: { length: 3 }, isOnWorkersDev: true, updateStrategy: { mode: "immediate" } });
  expect([...theScene().account.queues.values()].every(({ consumers }) => consumers.length === 1)).toBe(true);
  const secrets = person.secrets();
  expect(statSync(join(person.directory, ".secrets.spacedock.json")).mode & 0o777).toBe(0o600);

  const second = await person.deploy();
  expect(second).toMatchObject({ code: 0 });
  expect(second.output).toContain("The database is up to date.");
  expect(second.output).not.toContain(token);
  expect(second.output).not.toContain("docker login");
  expect(person.secrets()).toEqual(secrets);
  expect(tokenOf()).toBe(token);
  expect(theScene().account.workers.get("spacedock")?.updateStrategy).toEqual({ mode: "immediate" });

  writeFileSync(join(person.migrations, "9001_new.sql"), "CREATE TABLE fresh (id INTEGER);\n");
  expect((await person.deploy()).output).toContain("Applied the migration 9001_new.sql.");
  expect(await rows("SELECT name FROM sqlite_schema WHERE name = 'fresh'")).toHaveLength(1);
});

describe("a migration that the database refuses", () => {
  it("is named, leaves the registry as it was, and goes on when it is mended", async () => {
    const person = checkout();
    await person.deploy();
    const versions = theScene().account.workers.get("spacedock")?.versions.length;
    const file = join(person.migrations, "9001_bad.sql");
    writeFileSync(file, "CREATE TABLE fresh (id INTEGER);\nALTER TABLE nowhere ADD COLUMN x TEXT;\n");
    const refused = await person.deploy();
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.output).toContain("the database refused the migration 9001_bad.sql: no such table: nowhere");
    expect(refused.output).toContain("No code was uploaded");
    expect(theScene().account.workers.get("spacedock")?.versions.length).toBe(versions);
    writeFileSync(file, "CREATE TABLE fresh (id INTEGER);\n");
    expect(await person.deploy()).toMatchObject({ code: 0 });
  });

  it("only because it is split wrongly can be imported as a file", async () => {
    const person = checkout();
    await person.deploy();
    const file = join(person.migrations, "9001_lower.sql");
    writeFileSync(
      file,
      "CREATE TABLE fresh (id INTEGER);\nCREATE TRIGGER t AFTER INSERT ON fresh begin\n  DELETE FROM fresh;\n  SELECT 1;\nend;\n",
    );
    expect((await person.deploy()).output).toContain("npm run deploy -- --import-migrations");
    expect(await person.deploy("--import-migrations")).toMatchObject({ code: 0 });
    expect(await rows("SELECT name FROM d1_migrations WHERE name = '9001_lower.sql'")).toHaveLength(1);
  });
});

/** Returns the ids of the Worker's signing keys, the one that signs first. */
const kids = (): readonly string[] =>
  [...(theScene().account.secret("spacedock", "SIGNING_KEYS") ?? "").matchAll(/"kid":"([^"]+)"/g)].map(
    ([, kid = ""]) => kid,
  );

describe("a registry that runs", () => {
  it.each([
    ["500", { status: 500, code: 10013 }, "failed (GET"],
    ["403", { status: 403, code: 10000 }, 'Give the API token the permission "Workers Scripts: Edit"'],
    ["429", { status: 429, code: 10429 }, "Wait five minutes"],
    ["404 of another kind", { status: 404, code: 10092 }, "refused GET"],
    ["a connection that breaks", "broken", "does not answer"],
  ] as const)("keeps its secrets where their list is answered by %s", async (_, fault, sentence) => {
    const person = checkout();
    theScene().account.workers.set(
      "spacedock",
      workerWith({ type: "secret_text", name: "ADMIN_TOKEN", text: "theirs" }),
    );
    faultOn(/secrets$/, fault);
    expectRefused(await person.deploy(), sentence);
    expect(tokenOf()).toBe("theirs");
    expect(person.secrets()).toBeNull();
  });

  it("keeps secrets that the file does not know or that differ, and says how to make new ones", async () => {
    const person = checkout();
    await person.deploy();
    const token = tokenOf();
    const file = join(person.directory, ".secrets.spacedock.json");
    rmSync(file);
    const unknown = await person.deploy();
    expect(unknown).toMatchObject({ code: 0 });
    expect(unknown.output).toContain("The Worker has ADMIN_TOKEN, which .secrets.spacedock.json does not hold.");
    expect(unknown.output).toContain("npm run deploy -- --rotate admin-token");
    // A leaked key, in a file as older versions wrote it.
    const old = join(person.directory, "old.secrets");
    writeFileSync(old, "ADMIN_TOKEN='leaked'\nENCRYPTION_KEY='a'\nSIGNING_KEYS='{\"keys\":[]}'\n");
    expect(await person.deploy("--secrets", old)).toMatchObject({ code: 0 });
    expect(tokenOf()).toBe(token);
  });

  it("gets a new admin token by the file, which is shown, also where the first try fails", async () => {
    const person = checkout();
    await person.deploy();
    const before = person.secrets();
    faultOn(/versions$/, { status: 400, code: 10013 });
    expect(await person.deploy("--rotate", "admin-token")).toMatchObject({ code: 1 });
    const token = person.secrets()?.["ADMIN_TOKEN"] ?? "";
    expect(token).not.toBe(before?.["ADMIN_TOKEN"]);
    expect(tokenOf()).toBe(before?.["ADMIN_TOKEN"]);
    noFaults();
    const again = await person.deploy();
    expect(again.output).toContain(token);
    expect(tokenOf()).toBe(token);
    expect(person.secrets()).toEqual({ ...before, ADMIN_TOKEN: token });
  });

  it("gets new signing keys beside the old, and a new encryption key only from who knows what that ends", async () => {
    const person = checkout();
    await person.deploy();
    const [old] = kids();
    expect(await person.deploy("--rotate", "signing-keys")).toMatchObject({ code: 0 });
    expect(kids()).toEqual([expect.not.stringMatching(old ?? ""), old]);
    expect(await person.deploy("--rotate", "signing-keys", "--forget-old-keys")).toMatchObject({ code: 0 });
    expect(kids()).toHaveLength(1);
    const key = theScene().account.secret("spacedock", "ENCRYPTION_KEY");
    expect((await person.deploy("--rotate", "encryption-key")).output).toContain("add --yes");
    expect(theScene().account.secret("spacedock", "ENCRYPTION_KEY")).toBe(key);
    expect(await person.deploy("--rotate", "encryption-key", "--yes")).toMatchObject({ code: 0 });
    expect(theScene().account.secret("spacedock", "ENCRYPTION_KEY")).not.toBe(key);
    expect((await person.deploy("--rotate", "everything")).output).toContain("--rotate takes admin-token");
  });

  it("is not brought up empty where the database or the bucket has another name now", async () => {
    const person = checkout();
    await person.deploy();
    theScene().standIn.calls.length = 0;
    person.edit((toml) => toml.replace('database_name = "spacedock"', 'database_name = "other"'));
    expectRefused(
      await person.deploy(),
      'the "other" that wrangler.toml names, which does not exist. Put the name back',
    );
    person.edit((toml) => toml.replace('"other"', '"spacedock"').replace('"spacedock-blobs"', '"other-blobs"'));
    expectRefused(await person.deploy(), 'keeps its bytes in the bucket "spacedock-blobs"');
  });
});
