import { beforeAll, describe, expect, inject, it } from "vitest";
import { connect } from "../../harness/live/server.ts";
import { openSpace } from "../../harness/live/space.ts";
import { runSuite, type SuiteResult } from "./suite.ts";

// An acknowledged tag can be pulled whole, so a manifest with missing parts is refused, as the spec allows.
const leftOff = { "Sparse Manifests": "Disabled" };

// Fewer would mean that the suite left out something that it has today.
const expected = { apis: 28, data: 24, tests: 950 };

function otherThan(status: string, statuses: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(statuses).filter(([, value]) => value !== status));
}

describe.each([
  { version: "dev", cacheAuth: true },
  { version: "1.1", cacheAuth: false },
])("the official suite at version $version", ({ version, cacheAuth }) => {
  let result: SuiteResult;

  beforeAll(async () => {
    const space = await openSpace(connect(inject("registry")), "conformance");
    const password = await space.token("pull", "push", "delete");
    result = await runSuite({ version, cacheAuth, host: space.host, space: space.name, password });
  });

  it("complains of nothing", () => {
    expect(result.complaints).toBe("");
  });

  it("passes every API", () => {
    expect(otherThan("Pass", result.apis)).toEqual({});
  });

  it("passes every kind of data", () => {
    expect(otherThan("Pass", result.data)).toEqual(leftOff);
  });

  it("fails, skips and leaves off no test", () => {
    const { tests, ...others } = result.counts;
    expect(others).toEqual({ failures: 0, errors: 0, skipped: 0, disabled: 0 });
    expect(tests).toBeGreaterThanOrEqual(expected.tests);
  });

  it("runs all its parts", () => {
    expect(Object.keys(result.apis)).toHaveLength(expected.apis);
    expect(Object.keys(result.data)).toHaveLength(expected.data);
  });

  it("says itself that all is well", () => {
    expect(result.exitCode).toBe(0);
  });
});
