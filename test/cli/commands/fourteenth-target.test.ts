/** Tests that one file and one line make a target type: help, completion and the console's form have it. */
import { describe, expect, it, vi } from "vitest";
import { configForm, configOf } from "../../../src/console/pages/target/config.ts";
import { typeFormOf } from "../../../src/console/pages/target/type-form.ts";
import { TARGET_TYPES } from "../../../src/contract/target-types.ts";
import { openApiDocument } from "../../../src/api/openapi.ts";
import { OPERATIONS } from "../../../src/api/operations.ts";
import { runCli } from "../support/world.ts";

// This is the line.
vi.mock("../../../src/events/targets/index.ts", async (original) => {
  const { TARGET_TYPES: types } = await original<typeof import("../../../src/events/targets/index.ts")>();
  const { slack } = await import("../../support/fourteenth-target.ts");
  return { TARGET_TYPES: { ...types, slack } };
});

// `npm run generate` writes this.
vi.mock("../../../src/contract/target-types.ts", async () => {
  const { describeTargetTypes } = await import("../../../src/events/target-types.ts");
  return { TARGET_TYPES: describeTargetTypes() };
});

const HOME = { HOME: "/nowhere" };

describe("a fourteenth target", () => {
  it("is in help, with its settings", async () => {
    const { stdout } = await runCli(["targets", "create", "--help"], HOME);
    expect(stdout.replaceAll(/\s+/g, " ")).toMatch(/--type <type> the type of target: .*, slack --url/);
    expect(stdout).toMatch(/^ {2}slack +channel \[urgency\] \[mentions\] \[repeats\] \[unfurl\]$/m);
  });

  it("is completed", async () => {
    const { stdout } = await runCli(["__complete", "--", "targets", "create", "x", "--type", "sl"], HOME);
    expect(stdout.trim()).toBe("slack");
  });

  it("is in the OpenAPI document", () => {
    expect(openApiDocument(OPERATIONS)).toMatchObject({
      components: { schemas: { SlackSettings: { title: "Slack" } } },
    });
  });

  it("is a form in the console, which reads and writes its settings", () => {
    const form = typeFormOf(TARGET_TYPES, "slack");
    expect(form).toMatchObject({
      title: "Slack",
      address: { isRequired: false, placeholder: "https://slack.example.com/api/chat.postMessage" },
      secret: { label: "Bot token", isRequired: true },
      config: [
        {
          title: null,
          fields: [
            { path: "channel", kind: "text", label: "Channel", placeholder: "#deploys", isRequired: true },
            { path: "urgency", kind: "choice", choices: ["low", "high"], initial: "low" },
            { path: "repeats", kind: "number", isRequired: false },
            { path: "unfurl", kind: "check", initial: true },
          ],
        },
        { title: "People", fields: [{ path: "mentions", kind: "lines", hint: "People who hear of it. One a line." }] },
      ],
    });
    const saved = { channel: "#a", urgency: "high", mentions: ["ann", "bob"], repeats: 2, unfurl: false };
    expect(configOf(form, configForm(form, saved))).toEqual(saved);
    const typed = { ...configForm(form, null), channel: " #b ", repeats: "many" };
    expect(configOf(form, typed)).toEqual({ channel: "#b", urgency: "low", repeats: "many" });
  });
});
