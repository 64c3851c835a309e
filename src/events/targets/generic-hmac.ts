import { EVENT_TYPES, eventDocument } from "../event.ts";
import { defineTarget } from "../target.ts";
import { hmacHeaders, newestSecret, NO_CONFIG, postJson } from "./request.ts";

/** The administrator gives the secret: Flux and others have it first, and derive the receiver's address from it. */
export const genericHmac = defineTarget({
  type: "generic-hmac",
  title: "Flux (generic-hmac)",
  description: "Our own event, signed as Flux's Receivers and webhook servers verify it.",
  secret: "given",
  secretField: { title: "Secret", description: "The one that the Receiver's secretRef has." },
  events: EVENT_TYPES,
  config: NO_CONFIG,
  async request(attempt) {
    const body = JSON.stringify(eventDocument(attempt.event));
    return postJson(attempt.url, body, {
      "x-spacedock-delivery": attempt.deliveryId,
      ...(await hmacHeaders(newestSecret(attempt), body)),
    });
  },
});
