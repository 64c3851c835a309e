import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { TARGET_TYPES } from "../../src/events/targets/index.ts";
import { consoleHeaders, signIn } from "../support/console.ts";
import { ask, makeSpace, makeToken, manage } from "../support/registry.ts";

const answer = z.object({ types: z.array(z.looseObject({ name: z.string(), secret: z.unknown() })) });

async function typesFor(response: Response): Promise<z.infer<typeof answer>["types"]> {
  expect(response.status).toBe(200);
  return answer.parse(await response.json()).types;
}

describe("the types of target", () => {
  it("are told to any token, the administrator and the console", async () => {
    await makeSpace("types");
    const pull = (await makeToken("types", { actions: ["pull"] })).token;
    const names = Object.keys(TARGET_TYPES);
    for (const as of [env.ADMIN_TOKEN, pull]) {
      const types = await typesFor(await manage("GET", "target-types", undefined, as));
      expect(types.map(({ name }) => name)).toEqual(names);
    }
    const headers = consoleHeaders(await signIn(pull));
    expect(await typesFor(await ask("/api/v1/target-types", { headers }))).toHaveLength(names.length);
    expect((await ask("/api/v1/target-types")).status).toBe(401);
  });

  it("say what each takes", async () => {
    const types = new Map((await typesFor(await manage("GET", "target-types"))).map((type) => [type.name, type]));
    expect(types.get("gitlab-pipeline")).toEqual({
      name: "gitlab-pipeline",
      title: "GitLab pipeline",
      description: "Runs a pipeline with the image in its variables.",
      settings: {
        type: "object",
        properties: {
          project: {
            title: "Project",
            description: "Its number or full path.",
            examples: ["acme/deploy", "42"],
            type: "string",
            maxLength: 255,
            pattern: expect.any(String) as unknown,
          },
          ref: {
            title: "Branch or tag",
            description: "The branch or tag whose pipeline runs.",
            examples: ["main"],
            type: "string",
            minLength: 1,
            maxLength: 255,
          },
        },
        required: ["project", "ref"],
        additionalProperties: false,
      },
      address: {
        required: false,
        description: "Default: gitlab.com.",
        example: "https://gitlab.com",
        default: "https://gitlab.com",
        secret: false,
      },
      secret: { required: true, title: "Trigger token", description: "The project's pipeline trigger token." },
      makesSecret: false,
      followed: false,
    });
    expect(types.get("standard-webhook")).toMatchObject({ secret: null, makesSecret: true });
    expect(types.get("octopus")).toMatchObject({ secret: { required: false }, followed: true });
    expect(types.get("url-hook")).toMatchObject({ address: { required: true, default: null, secret: true } });
  });
});
