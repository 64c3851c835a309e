import type {
  CreateDeploymentTenantedCommandV1,
  CreateDeploymentUntenantedCommandV1,
  CreateReleaseCommandV1,
  CreateRunbookRunCommandV1,
} from "@octopusdeploy/api-client";
import { describe, expect, expectTypeOf, it } from "vitest";
import * as z from "zod";
import type { Answer, Attempt, TargetRequest } from "../../../src/events/target.ts";
import { octopus } from "../../../src/events/targets/octopus/index.ts";
import type {
  releaseBody,
  runbookBody,
  tenantedBody,
  untenantedBody,
} from "../../../src/events/targets/octopus/commands.ts";
import { attemptWith, type Delivered, deliverTo, DIGEST, EVENT, MANIFEST_EVENT } from "./fixtures.ts";

const SERVER = "https://octopus.example.com";
const ACCOUNT = "863b4b7d-6308-456e-8375-8d9270e9be44";
const IMAGE = `registry.example.com/acme/web/api:1.2.3@${DIGEST}`;
const IN_SPACE = { spaceId: "Spaces-1", spaceIdOrName: "Spaces-1", projectName: "Web" };

function json(body: unknown, status = 200): Answer {
  return { status, body: JSON.stringify(body), retryAfter: null };
}

const task = (state: string, more: object = {}): Answer =>
  json({ Id: "ServerTasks-1", State: state, IsCompleted: ["Success", "Failed"].includes(state), ...more });

/** The answers of an Octopus server, by the end of the address. */
const ANSWERS: Readonly<Record<string, Answer>> = {
  "releases/create/v1": json({ ReleaseId: "Releases-9", ReleaseVersion: "1.2.3" }, 201),
  "untenanted/v1": json({ DeploymentServerTasks: [{ DeploymentId: "Deployments-1", ServerTaskId: "ServerTasks-1" }] }),
  "deployments/create/tenanted/v1": json({
    DeploymentServerTasks: [{ DeploymentId: "Deployments-1", ServerTaskId: "ServerTasks-1" }],
  }),
  "runbook-runs/create/v1": json({
    RunbookRunServerTasks: [{ RunbookRunId: "RunbookRuns-1", ServerTaskId: "ServerTasks-2" }],
  }),
  "tasks/ServerTasks-1": task("Executing"),
  "tasks/ServerTasks-2": task("Success"),
  "openid-configuration": json({ issuer: SERVER, token_endpoint: `${SERVER}/token/v1` }),
  "token/v1": json({ access_token: "octopus-token", token_type: "Bearer", expires_in: 3600 }),
};

function deliver(
  config: object,
  fields: Partial<Attempt<unknown>> = {},
  answers: Readonly<Record<string, Answer | Error>> = {},
): Promise<Delivered> {
  const attempt = attemptWith({ url: SERVER, config: { project: "Web", ...config }, secrets: ["API-1"], ...fields });
  return deliverTo(octopus, attempt, ({ url }) => {
    const found = Object.entries({ ...ANSWERS, ...answers }).findLast(([end]) => url.endsWith(end))?.[1];
    if (found instanceof Error) throw found;
    return found ?? json({ ErrorMessage: "The resource was not found." }, 404);
  });
}

const said = ({ method, url, body }: TargetRequest): unknown => [method, url, JSON.parse(body ?? "null")];

const DEPLOY = { deploy: { environments: ["Dev", "Test"], variables: { Image: "{image}" } } };

describe("octopus", () => {
  it("creates a release of the tag's version, with the API key", async () => {
    const { requests, outcome } = await deliver({});
    expect(requests.map(said)).toEqual([
      [
        "POST",
        `${SERVER}/api/Spaces-1/releases/create/v1`,
        {
          ...IN_SPACE,
          releaseVersion: "1.2.3",
          packageVersion: "1.2.3",
          releaseNotes: IMAGE,
          ignoreIfAlreadyExists: true,
          ignoreChannelRules: false,
        },
      ],
    ]);
    expect(requests[0]?.headers).toEqual({
      "user-agent": "Spacedock/1",
      accept: "application/json",
      "content-type": "application/json",
      "x-octopus-apikey": "API-1",
    });
    expect(outcome).toMatchObject({
      verdict: "done",
      status: 201,
      detail: `release 1.2.3 (${SERVER}/app#/Spaces-1/releases/Releases-9)`,
    });
  });

  it("fills in what the configuration names, in an Octopus below a path", async () => {
    const release = {
      version: "{version}-x",
      channel: "Stable",
      packages: ["Deploy web:{tag}", "Deploy web:sidecar:{version}"],
      gitRef: "refs/heads/main",
      notes: "{repository} {tag}",
      ignoreChannelRules: true,
    };
    const event = { ...EVENT, tag: "v2.0.0" };
    const url = "https://example.com/octopus/";
    const { requests } = await deliver({ space: "Spaces-42", release }, { event, url });
    expect(requests.map(said)).toEqual([
      [
        "POST",
        "https://example.com/octopus/api/Spaces-42/releases/create/v1",
        {
          spaceId: "Spaces-42",
          spaceIdOrName: "Spaces-42",
          projectName: "Web",
          releaseVersion: "2.0.0-x",
          packages: ["Deploy web:v2.0.0", "Deploy web:sidecar:2.0.0"],
          channelName: "Stable",
          gitRef: "refs/heads/main",
          releaseNotes: "acme/web/api v2.0.0",
          ignoreIfAlreadyExists: true,
          ignoreChannelRules: true,
        },
      ],
    ]);
  });

  it("deploys the release to environments, and follows the task", async () => {
    const { requests, outcome } = await deliver(DEPLOY);
    expect(requests.slice(1).map(said)).toEqual([
      [
        "POST",
        `${SERVER}/api/Spaces-1/deployments/create/untenanted/v1`,
        { ...IN_SPACE, releaseVersion: "1.2.3", environmentNames: ["Dev", "Test"], variables: { Image: IMAGE } },
      ],
      ["GET", `${SERVER}/api/Spaces-1/tasks/ServerTasks-1`, null],
    ]);
    expect(outcome).toMatchObject({ verdict: "running", wait: 5, health: "good" });
    expect(outcome.detail).toBe(
      `release 1.2.3 (${SERVER}/app#/Spaces-1/releases/Releases-9); ServerTasks-1 Executing (${SERVER}/app#/Spaces-1/tasks/ServerTasks-1)`,
    );
  });

  it("deploys to tenants, one environment at a time", async () => {
    const deploy = { environments: ["Dev", "Test"], tenants: ["Acme"], tenantTags: ["Region/Europe"] };
    const { requests } = await deliver({ deploy });
    expect(requests.slice(1, 3).map(said)).toEqual(
      ["Dev", "Test"].map((environmentName) => [
        "POST",
        `${SERVER}/api/Spaces-1/deployments/create/tenanted/v1`,
        {
          ...IN_SPACE,
          releaseVersion: "1.2.3",
          environmentName,
          tenants: ["Acme"],
          tenantTags: ["Region/Europe"],
          variables: {},
        },
      ]),
    );
  });

  it("runs a runbook, without a release if there shall be none", async () => {
    const { requests, outcome } = await deliver({
      release: null,
      runbook: { name: "Roll out", environments: ["Dev"] },
    });
    expect(requests.map(said)).toEqual([
      [
        "POST",
        `${SERVER}/api/Spaces-1/runbook-runs/create/v1`,
        { ...IN_SPACE, runbookName: "Roll out", environmentNames: ["Dev"], variables: {} },
      ],
      ["GET", `${SERVER}/api/Spaces-1/tasks/ServerTasks-2`, null],
    ]);
    expect(outcome.verdict).toBe("done");
  });

  it("only asks how it goes, once all is started", async () => {
    const first = await deliver(DEPLOY);
    const { requests, outcome } = await deliver(
      DEPLOY,
      { progress: first.outcome.progress },
      { "tasks/ServerTasks-1": task("Success", { FinishedSuccessfully: true }) },
    );
    expect(requests.map(said)).toEqual([["GET", `${SERVER}/api/Spaces-1/tasks/ServerTasks-1`, null]]);
    expect(outcome).toMatchObject({ verdict: "done", wait: null });
  });

  it.each([
    ["fails", task("Failed", { ErrorMessage: "The step failed" }), 0, "failed", "Failed: The step failed"],
    ["waits for a person", task("Executing", { HasPendingInterruptions: true }), 60, "running", "waits for a person"],
    ["cannot be asked for", json({ ErrorMessage: "Busy" }, 503), 60, "running", "Busy"],
    ["is asked for less often as time goes by", task("Executing"), 1200, "running", "Executing"],
    ["has not ended after a day", task("Executing"), 90_000, "failed", "Executing"],
  ])("follows a task that %s", async (_, answer, elapsed, verdict, text) => {
    const { outcome: first } = await deliver(DEPLOY);
    const now = new Date(attemptWith().now.getTime() + elapsed * 1000);
    const { outcome } = await deliver(
      DEPLOY,
      { now, progress: first.progress },
      {
        "tasks/ServerTasks-1": answer,
      },
    );
    expect(outcome).toMatchObject({ verdict, health: "good", detail: expect.stringContaining(text) });
    expect(outcome.wait).toBe(verdict === "running" ? Math.max(5, elapsed / 10) : null);
  });

  it("starts nothing twice when an attempt fails half-way", async () => {
    const config = { ...DEPLOY, runbook: { name: "Warm up", environments: ["Dev"] } };
    const { outcome: cut } = await deliver(config, {}, { "runbook-runs/create/v1": new Error("connection lost") });
    expect(cut).toMatchObject({ verdict: "retry", health: "bad", detail: "connection lost" });
    const { requests } = await deliver(config, { progress: cut.progress });
    const started = requests.filter(({ method }) => method === "POST").map(({ url }) => url.split("/").at(-3));
    expect(started).toEqual(["runbook-runs"]);
  });

  it("reads the answers of older servers", async () => {
    const { outcome } = await deliver(
      DEPLOY,
      {},
      {
        "releases/create/v1": json({ releaseId: "Releases-8", releaseVersion: "1.2.3" }),
        "untenanted/v1": json({ deploymentServerTasks: [{ deploymentId: "d", serverTaskId: "ServerTasks-1" }] }),
        "tasks/ServerTasks-1": json({ state: "Success", isCompleted: true }),
      },
    );
    expect(outcome).toMatchObject({ verdict: "done", detail: expect.stringContaining("Releases-8") });
  });

  it.each<[number, string, string]>([
    [400, "failed", "unknown"],
    [401, "retry", "bad"],
    [403, "retry", "bad"],
    [404, "retry", "bad"],
    [410, "gone", "bad"],
    [500, "retry", "bad"],
  ])("refused with %i, it is to be %s, in Octopus's own words", async (status, verdict, health) => {
    const answer = { ...json({ ErrorMessage: "No.", Errors: ["Not on Fridays"] }, status), retryAfter: "7" };
    const { outcome } = await deliver({}, {}, { "releases/create/v1": answer });
    expect(outcome).toMatchObject({ verdict, status, wait: 7, health });
    expect(outcome.detail).toContain("No. Not on Fridays");
  });

  it("says when it is not Octopus that answers", async () => {
    const page = { status: 200, body: "<html>", retryAfter: null };
    const { outcome } = await deliver({}, {}, { "releases/create/v1": page });
    expect(outcome).toMatchObject({ verdict: "retry", detail: expect.stringContaining("Octopus server") });
    const other = await deliver({}, {}, { "releases/create/v1": json({ ok: true }) });
    expect(other.outcome).toMatchObject({ verdict: "failed" });
  });

  it("knows tags only", async () => {
    await expect(deliver({}, { event: MANIFEST_EVENT })).rejects.toThrow("octopus cannot send manifest.pushed");
  });
});

describe("octopus with a service account", () => {
  const config = { serviceAccount: ACCOUNT };

  it("exchanges our own token for one of Octopus's, and stores none", async () => {
    const { requests } = await deliver(config, { secrets: [] });
    expect(requests.slice(0, 2).map(said)).toEqual([
      ["GET", `${SERVER}/.well-known/openid-configuration`, null],
      [
        "POST",
        `${SERVER}/token/v1`,
        {
          grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
          audience: ACCOUNT,
          subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
          subject_token: `token for ${ACCOUNT}`,
        },
      ],
    ]);
    expect(requests[2]?.headers["authorization"]).toBe("Bearer octopus-token");
    expect(requests[2]?.headers).not.toHaveProperty("x-octopus-apikey");
  });

  it("gives our token to no other host", async () => {
    const elsewhere = json({ token_endpoint: "https://evil.example.org/token" });
    const attempt = deliver(config, { secrets: [] }, { "openid-configuration": elsewhere });
    await expect(attempt).rejects.toThrow("a token endpoint on another host: evil.example.org");
  });

  it("says what Octopus has against the token", async () => {
    const refusal = json({ error: "invalid_request", error_description: "Unknown issuer" }, 400);
    const { outcome } = await deliver(config, { secrets: [] }, { "token/v1": refusal });
    expect(outcome).toMatchObject({ verdict: "failed", detail: expect.stringContaining("Unknown issuer") });
  });
});

describe("the configuration of octopus", () => {
  it.each([
    ["no project", { project: "" }],
    ["a space by its name", { space: "Default" }],
    ["neither release nor runbook", { release: null }],
    ["a deployment without a release", { release: null, ...DEPLOY, runbook: { name: "R", environments: ["Dev"] } }],
    ["no environment", { deploy: { environments: [] } }],
    ["an account that is no id", { serviceAccount: "ci" }],
    ["an unknown field", { release: { colour: "blue" } }],
  ])("is refused with %s", (_, change) => {
    expect(octopus.parseConfig({ project: "Web", ...change }).ok).toBe(false);
  });

  it("is either with an API key or with a service account", () => {
    const config = octopus.parseConfig({ project: "Web", serviceAccount: ACCOUNT });
    const plain = octopus.parseConfig({ project: "Web" });
    if (!config.ok || !plain.ok) throw new Error("both are good");
    expect(octopus.secretProblem(config.data, false)).toBeNull();
    expect(octopus.secretProblem(plain.data, true)).toBeNull();
    expect(octopus.secretProblem(config.data, true)).toContain("either an API key");
    expect(octopus.secretProblem(plain.data, false)).toContain("API key");
  });

  it("has defaults that are shown as they are", () => {
    const parsed = octopus.parseConfig({ project: "Web" });
    expect(parsed).toMatchObject({ ok: true, data: { space: "Spaces-1", release: { version: "{version}" } } });
    expect(z.toJSONSchema(octopus.config, { io: "input" })).toHaveProperty("properties.serviceAccount.description");
  });
});

/** A command of Octopus's own client as it is sent; the client makes `spaceName` of our two fields. */
type Wire<Command> = {
  [Name in keyof Command as Name extends "spaceName" ? never : Uncapitalize<Name & string>]: Command[Name];
} & { spaceId: string; spaceIdOrName: string };

/** The names in our body that the client does not know, for each member of a union. */
type Strangers<Body, Command> = Body extends unknown ? Exclude<keyof Body, keyof Wire<Command>> : never;

describe("the bodies for Octopus", () => {
  it("are those of Octopus's own client, as its types have them", () => {
    expectTypeOf<ReturnType<typeof releaseBody>>().toExtend<Wire<CreateReleaseCommandV1>>();
    expectTypeOf<Strangers<ReturnType<typeof releaseBody>, CreateReleaseCommandV1>>().toBeNever();
    expectTypeOf<ReturnType<typeof untenantedBody>>().toExtend<Wire<CreateDeploymentUntenantedCommandV1>>();
    expectTypeOf<Strangers<ReturnType<typeof untenantedBody>, CreateDeploymentUntenantedCommandV1>>().toBeNever();
    expectTypeOf<ReturnType<typeof tenantedBody>>().toExtend<Wire<CreateDeploymentTenantedCommandV1>>();
    expectTypeOf<Strangers<ReturnType<typeof tenantedBody>, CreateDeploymentTenantedCommandV1>>().toBeNever();
    expectTypeOf<ReturnType<typeof runbookBody>>().toExtend<Wire<CreateRunbookRunCommandV1>>();
    expectTypeOf<Strangers<ReturnType<typeof runbookBody>, CreateRunbookRunCommandV1>>().toBeNever();
  });
});
