import { describe, expect, it } from "vitest";
import { TARGET_TYPES } from "../../../src/contract/target-types.ts";
import { describeTargetTypes } from "../../../src/events/target-types.ts";
import { stubManagement } from "../support/management-stub.ts";
import { runCli } from "../support/world.ts";

const shown = TARGET_TYPES.filter(({ name }) => name === "standard-webhook" || name === "octopus");
const octopus = shown.find(({ name }) => name === "octopus");
const [webhook] = shown;
const types = webhook === undefined ? shown : [...shown, { ...webhook, name: "newer" }];

async function stubTypes(): Promise<Awaited<ReturnType<typeof stubManagement>>> {
  const stub = await stubManagement();
  stub.on("listTargetTypes", {}, { types });
  return stub;
}

describe("the types of target", () => {
  it("that are generated are those of the registry of this version", () => {
    expect(TARGET_TYPES).toEqual(describeTargetTypes());
  });

  it("are listed as the registry has them", async () => {
    const { env } = await stubTypes();
    const { stdout, exitCode } = await runCli(["targets", "types"], env);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^standard-webhook +Webhook \(Standard Webhooks\) +created by the registry$/m);
    expect(stdout).toMatch(/^octopus +Octopus Deploy +optional$/m);
    expect(stdout).toMatch(/^newer /m);
    expect(JSON.parse((await runCli(["targets", "types", "--json"], env)).stdout)).toEqual(types);
  });

  it("are shown with what each setting means", async () => {
    const { env } = await stubTypes();
    const { stdout } = await runCli(["targets", "types", "octopus"], env);
    expect(stdout).toMatch(/^followed: +to its end/m);
    expect(stdout).toMatch(/^project +required +Its name in Octopus\.$/m);
    expect(stdout).toMatch(/^release\.version +default \{version\} +Default: the tag/m);
    expect(stdout).toMatch(/^deploy\.tenantTags /m);
    expect(JSON.parse((await runCli(["targets", "types", "octopus", "--json"], env)).stdout)).toEqual(octopus);
    expect((await runCli(["targets", "types", "newer"], env)).stdout).toMatch(/^settings: +none$/m);
    const refused = await runCli(["targets", "types", "pigeon"], env);
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain("standard-webhook, octopus, newer");
  });

  it("are completed as the registry has them, and by this version's own where it has no such list", async () => {
    const stub = await stubTypes();
    const line = ["__complete", "--", "targets", "create", "x", "--type", ""];
    const words = async (): Promise<readonly string[]> => (await runCli(line, stub.env)).stdout.match(/^\S+/gm) ?? [];
    expect(await words()).toEqual(["standard-webhook", "octopus", "newer"]);
    stub.refuse("listTargetTypes", {}, 404, "ROUTE_UNKNOWN");
    expect(await words()).toEqual(TARGET_TYPES.map(({ name }) => name));
  });
});
