/** Tests that one file and one line make a target type: the API and its document have it, and it can be created and delivered to. */
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { openApiDocument } from "../../src/api/openapi.ts";
import { OPERATIONS } from "../../src/api/operations.ts";
import { registerTargetType } from "../../src/events/target-types.ts";
import { pushImage } from "../support/content.ts";
import { receive } from "../support/deploy.ts";
import { slack } from "../support/fourteenth-target.ts";
import { makeSpace, ORIGIN } from "../support/registry.ts";
import worker from "../support/worker.ts";

// Does the same as a line in src/events/targets/index.ts.
const unregister = registerTargetType(slack);

afterAll(unregister);
afterEach(() => vi.restoreAllMocks());

async function manage(method: string, path: string, body?: object): Promise<unknown> {
  const context = createExecutionContext();
  const headers = { Authorization: `Bearer ${env.ADMIN_TOKEN}` };
  const init = body === undefined ? { method, headers } : { method, headers, body: JSON.stringify(body) };
  const answer = await worker.fetch(new Request(`${ORIGIN}/api/v1/${path}`, init), env, context);
  await waitOnExecutionContext(context);
  return answer.json();
}

const SPACE = "fourteenth";
const CONFIG = { channel: "#deploys", repeats: 2 };
const TARGET = { name: "s", type: "slack", url: "https://slack.example.com/x", secret: "xoxb-secret" };

describe("a fourteenth target", () => {
  it("is among the types, with its settings", async () => {
    const { types } = z.object({ types: z.array(z.unknown()) }).parse(await manage("GET", "target-types"));
    expect(types).toHaveLength(14);
    expect(types.at(-1)).toMatchObject({
      name: "slack",
      settings: { required: ["channel"], properties: { urgency: { enum: ["low", "high"], default: "low" } } },
      address: { required: false, default: "https://slack.example.com/api/chat.postMessage" },
      secret: { required: true, title: "Bot token" },
    });
  });

  it("is in the API's document", () => {
    const config = { anyOf: [{ $ref: "#/components/schemas/TargetSettings" }] };
    const requestBody = { content: { "application/json": { schema: { properties: { config } } } } };
    expect(openApiDocument(OPERATIONS)).toMatchObject({
      paths: {
        "/api/v1/spaces/{space}/targets": { post: { requestBody } },
        "/api/v1/spaces/{space}/targets/{id}": { patch: { requestBody } },
      },
      components: {
        schemas: {
          TargetSettings: {
            anyOf: expect.arrayContaining([{ $ref: "#/components/schemas/SlackSettings" }]) as unknown,
          },
          SlackSettings: { title: "Slack", required: ["channel"] },
        },
      },
    });
  });

  it("is made, and refused, by its own settings", async () => {
    await makeSpace(SPACE);
    expect(await manage("POST", `spaces/${SPACE}/targets`, { ...TARGET, config: CONFIG })).toMatchObject({
      type: "slack",
      config: { ...CONFIG, urgency: "low", mentions: [], unfurl: true },
    });
    expect(await manage("POST", `spaces/${SPACE}/targets`, { ...TARGET, config: { repeats: 10 } })).toMatchObject({
      status: 400,
      errors: [{ path: "config.channel" }, { path: "config.repeats" }],
    });
  });

  it("is delivered to", async () => {
    const token = await makeSpace(`${SPACE}-2`);
    const made = await manage("POST", `spaces/${SPACE}-2/targets`, { ...TARGET, config: CONFIG });
    await pushImage(`${SPACE}-2/web`, token, "1.0");
    const received = receive(() => new Response(null, { status: 200 }));
    await manage("POST", `spaces/${SPACE}-2/targets/${z.object({ id: z.string() }).parse(made).id}/test`, {});
    expect(received.map(({ body }) => JSON.parse(body) as unknown)).toEqual([
      { channel: "#deploys", repeats: 2, text: expect.stringContaining(`/${SPACE}-2/web`) as unknown },
    ]);
    expect(received[0]?.headers.get("authorization")).toBe("Bearer xoxb-secret");
  });
});
