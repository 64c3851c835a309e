import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import * as z from "zod";
import type { Outcome } from "../../../harness/live/run.ts";
import { connect } from "../../../harness/live/server.ts";
import { openSpace } from "../../../harness/live/space.ts";
import { type Home, openHome } from "../support/home.ts";
import { makeIndexLayout } from "../support/layout.ts";
import { scratch } from "../support/scratch.ts";
import { buildSpacedock } from "../support/spacedock.ts";

/** Tests the command after nothing but `docker login` in the same home: it has only the login that docker keeps. */
const root = resolve(import.meta.dirname, "../../..");

let home: Home;
let host = "";
let repository = "";

function attempt(...args: readonly string[]): Promise<Outcome> {
  return home.attempt("node", [resolve(root, "dist/spacedock.js"), ...args]);
}

const kept = z.object({ auths: z.record(z.string(), z.looseObject({ identitytoken: z.string().optional() })) });

/** True if docker keeps an identity token, which older registries gave it in place of the token. */
async function isIdentityToken(): Promise<boolean> {
  const { auths } = kept.parse(JSON.parse(await readFile(home.path("docker/config.json"), "utf8")));
  return auths[host]?.identitytoken !== undefined;
}

beforeAll(async () => {
  const space = await openSpace(connect(inject("registry")), "docker-login");
  const token = await space.token("pull", "push", "admin");
  host = space.host;
  repository = `${space.name}/web`;
  await buildSpacedock();
  home = await openHome();
  await home.run("docker", ["login", host, "--username", "ci", "--password-stdin"], token);
});

afterAll(() => home.remove());

describe("after docker login alone", () => {
  it("pushes, lists and inspects where docker is logged in, without a host, and says so", async () => {
    const layout = scratch(home);
    await makeIndexLayout(layout, [5000]);
    for (const [args, said] of [
      [["push", `${layout}:latest`, `${repository}:1`], `${host}/${repository}:1`],
      [["tags", repository], "1 "],
      [["inspect", `${repository}:1`], `${host}/${repository}:1`],
    ] as const) {
      const { exitCode, stdout, stderr } = await attempt(...args);
      expect({ exitCode, stdout: stdout.toString(), stderr }).toEqual({
        exitCode: 0,
        stdout: expect.stringContaining(said),
        stderr: expect.stringContaining(`at ${host}`),
      });
    }
  });

  it("says truly who that is, and what it may do", async () => {
    const who = await attempt("whoami");
    expect(who).toMatchObject({ exitCode: 0 });
    expect(who.stdout.toString()).not.toContain("not a Spacedock registry");
    const doctor = await attempt("doctor");
    expect(doctor).toMatchObject({ exitCode: 0 });
    expect(doctor.stdout.toString()).not.toContain("may not push");
    const { exitCode, stdout, stderr } = await attempt("repos", "list");
    const [code, said] = (await isIdentityToken()) ? [4, `spacedock login ${host}`] : [0, repository];
    expect({ exitCode, said: `${stdout.toString()}${stderr}` }).toEqual({
      exitCode: code,
      said: expect.stringContaining(said),
    });
  });
});
