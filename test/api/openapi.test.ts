import { describe, expect, it } from "vitest";
import * as z from "zod";
import { OPERATIONS } from "../../src/api/operations.ts";
import { ask } from "../support/registry.ts";

const document = z.object({
  openapi: z.literal("3.1.0"),
  servers: z.array(z.object({ url: z.string() })),
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.looseObject({ operationId: z.string(), description: z.string(), responses: z.looseObject({}) }),
    ),
  ),
});

describe("the OpenAPI document", () => {
  it("describes each operation once, at a path that a client can fill in", async () => {
    const { paths, servers } = document.parse(await (await ask("/api/v1/openapi.json")).json());
    const operations = Object.values(paths).flatMap((methods) =>
      Object.values(methods).map(({ operationId }) => operationId),
    );
    expect(operations.toSorted()).toEqual(OPERATIONS.map(({ id }) => id).toSorted());
    expect(Object.keys(paths)).toContain("/api/v1/spaces/{space}/repositories/{name}/tags");
    expect(servers).toEqual([{ url: "https://registry.test" }]);
  });

  it("says what each operation needs", async () => {
    const { paths } = document.parse(await (await ask("/api/v1/openapi.json")).json());
    for (const [path, methods] of Object.entries(paths)) {
      for (const [method, { description }] of Object.entries(methods)) {
        expect(description, `${method} ${path}`).toMatch(/ADMIN_TOKEN|any token|no token/);
      }
    }
    expect(paths["/api/v1/spaces/{space}/manifest"]?.["get"]?.description).toContain("`pull`");
    expect(paths["/api/v1/spaces/{space}/tags:delete"]?.["post"]?.description).not.toContain("`pull`");
  });

  it("shows the request's schema as strict as it is", async () => {
    const { paths } = document.parse(await (await ask("/api/v1/openapi.json")).json());
    expect(paths["/api/v1/spaces"]?.["post"]).toMatchObject({
      requestBody: { content: { "application/json": { schema: { required: ["name"], additionalProperties: false } } } },
    });
  });
});
