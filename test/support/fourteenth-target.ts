import * as z from "zod";
import { EVENT_TYPES, imageOf } from "../../src/events/event.ts";
import { defineTarget } from "../../src/events/target.ts";
import { newestSecret, postJson } from "../../src/events/targets/request.ts";

/** A target as somebody who adds one writes it: this file, and a line in src/events/targets/index.ts. */
export const slack = defineTarget({
  type: "slack",
  title: "Slack",
  description: "Writes a message for each push into a channel.",
  secret: "given",
  secretField: { title: "Bot token", description: "That of the app which posts." },
  events: EVENT_TYPES,
  defaultUrl: "https://slack.example.com/api/chat.postMessage",
  config: z.strictObject({
    channel: z
      .string()
      .max(80)
      .meta({ title: "Channel", description: "Where the message goes.", examples: ["#deploys"] }),
    urgency: z.enum(["low", "high"]).default("low").meta({ title: "Urgency", description: "How loud it is." }),
    mentions: z
      .array(z.string().max(80))
      .max(20)
      .default([])
      .meta({ title: "Mentions", description: "People who hear of it.", "x-section": "People" }),
    repeats: z.int().max(9).optional().meta({ title: "Repeats", description: "How often it is said." }),
    unfurl: z.boolean().default(true).meta({ title: "Unfurl links", description: "Shows a preview." }),
  }),
  request(attempt) {
    const { channel, repeats = 1 } = attempt.config;
    return postJson(attempt.url, JSON.stringify({ channel, repeats, text: imageOf(attempt.event) }), {
      authorization: `Bearer ${newestSecret(attempt)}`,
    });
  },
});
