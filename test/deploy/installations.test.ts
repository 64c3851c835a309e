import { describe, expect, it } from "vitest";
import { checkout, expectRefused, faultOn, noFaults, theScene, tokenOf, useScene } from "./scene.ts";

useScene();

describe("several installations", () => {
  it("live in one account, each with names of its own, whether by --name or by wrangler.toml", async () => {
    const person = checkout();
    await person.deploy();
    const [token, queues] = [tokenOf(), structuredClone(theScene().account.queues)];
    expect((await person.deploy("--name", "acme")).output).toContain("https://acme.acme-team.workers.dev");
    expect([...theScene().account.queues.keys()]).toEqual([...queues.keys(), "acme-events", "acme-events-dead"]);
    expect([...theScene().account.buckets.keys()]).toEqual(["spacedock-blobs", "acme-blobs"]);
    expect(theScene().account.workers.get("acme")?.bindings).toContainEqual(
      expect.objectContaining({ name: "DEAD_LETTER_QUEUE", text: "acme-events-dead" }),
    );
    expect(tokenOf()).toBe(token);
    expect(tokenOf("acme")).toBe(person.secrets("acme")?.["ADMIN_TOKEN"]);
    const third = checkout();
    third.edit((toml) => toml.replaceAll("spacedock", "third"));
    expect(await third.deploy()).toMatchObject({ code: 0 });
    expect(theScene().account.workers.size).toBe(3);
    theScene().standIn.calls.length = 0;
    const onlyTheName = checkout();
    onlyTheName.edit((toml) => toml.replace('name = "spacedock"', 'name = "fourth"'));
    expectRefused(
      await onlyTheName.deploy(),
      'the queue "spacedock-events" belongs to the Worker "spacedock"',
      "--name",
    );
  });

  it("of one name that are first deployed at once: one comes to its end, and its secrets are not replaced", async () => {
    const [mine, theirs] = [checkout(), checkout()];
    const outcomes = await Promise.all([mine.deploy(), theirs.deploy()]);
    const [winner, loser] = outcomes[0]?.code === 0 ? [mine, theirs] : [theirs, mine];
    expect(outcomes.map(({ code }) => code)).toEqual(
      expect.toBeOneOf([
        [0, 1],
        [1, 0],
      ]),
    );
    expect(outcomes.find(({ code }) => code === 1)?.output).toMatch(
      /another first deployment .* was begun|has just ended/,
    );
    expect(tokenOf()).toBe(winner.secrets()?.["ADMIN_TOKEN"]);
    const later = await loser.deploy();
    expect(later).toMatchObject({ code: 0 });
    expect(later.output).toContain("were never deployed, and are forgotten");
    expect(tokenOf()).toBe(winner.secrets()?.["ADMIN_TOKEN"]);
  });

  it("of one directory that are deployed at once wait for each other", async () => {
    const person = checkout();
    const outcomes = await Promise.all([person.deploy(), person.deploy()]);
    expect(outcomes.map(({ code }) => code)).toEqual(
      expect.toBeOneOf([
        [0, 1],
        [1, 0],
      ]),
    );
    expect(outcomes.find(({ code }) => code === 1)?.output).toContain("is under way (process");
    expect(tokenOf()).toBe(person.secrets()?.["ADMIN_TOKEN"]);
  });

  it("whose first deployment was given up with its file can be taken over", async () => {
    const lost = checkout();
    faultOn(/assets-upload-session$/, { status: 400, code: 10013 });
    expect(await lost.deploy()).toMatchObject({ code: 1 });
    noFaults();
    const person = checkout();
    expectRefused(await person.deploy(), "If it was given up and its file is lost, add --take-over");
    expect(await person.deploy("--take-over")).toMatchObject({ code: 0 });
    expect(tokenOf()).toBe(person.secrets()?.["ADMIN_TOKEN"]);
  });

  it("whose Worker was deleted takes its database back when told to, with the secrets of its file", async () => {
    const person = checkout();
    await person.deploy();
    theScene().account.workers.clear();
    theScene().standIn.calls.length = 0;
    expectRefused(await person.deploy(), "If it is this registry's, whose Worker was deleted, add --adopt");
    expect(await person.deploy("--adopt")).toMatchObject({ code: 0 });
    expect(tokenOf()).toBe(person.secrets()?.["ADMIN_TOKEN"]);
    expect(theScene().account.databases.size).toBe(1);
  });
});
