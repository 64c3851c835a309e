import { Webhook } from "standardwebhooks";
import { afterEach, describe, expect, it, vi } from "vitest";
import { UnsendableError } from "../../../src/events/target.ts";
import { attemptWith, bodyOf, DIGEST, EVENT_BODY, MANIFEST_EVENT, requestOf, URL } from "./fixtures.ts";

const OLD = "whsec_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";
const NEW = "whsec_CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk=";

afterEach(() => {
  vi.useRealTimers();
});

describe("standard-webhook", () => {
  it("sends the event, signed with the newest secret first", async () => {
    expect(await requestOf("standard-webhook", { secrets: [NEW, OLD] })).toEqual({
      url: URL,
      method: "POST",
      headers: {
        "user-agent": "Spacedock/1",
        "content-type": "application/json",
        "webhook-id": "dlv_1",
        "webhook-timestamp": "1767323100",
        "webhook-signature":
          "v1,L/iLc9y8l10Pfyokd4cOfU/GwQ7WxcT7d7DeMf6wLwA= v1,yeFbgHuqCffj5My6og9pzuAjdnUOggToFGw6JGUrUZA=",
      },
      body: EVENT_BODY,
    });
  });

  it.each([
    ["new", NEW],
    ["old", OLD],
  ])("is accepted by the reference implementation that has the %s secret", async (_, secret) => {
    vi.setSystemTime(attemptWith().now);
    const { headers, body } = await requestOf("standard-webhook", { secrets: [NEW, OLD] });
    expect(new Webhook(secret).verify(body ?? "", headers)).toEqual(JSON.parse(EVENT_BODY));
  });

  it("keeps the id and changes the time when it is sent again", async () => {
    const later = new Date(attemptWith().now.getTime() + 5000);
    const { headers } = await requestOf("standard-webhook", { secrets: [NEW], now: later });
    expect(headers).toMatchObject({ "webhook-id": "dlv_1", "webhook-timestamp": "1767323105" });
  });

  it("says that a manifest has no tag", async () => {
    const fields = { event: MANIFEST_EVENT, secrets: [NEW] };
    expect(await bodyOf("standard-webhook", fields)).toMatchObject({
      type: "registry.manifest.pushed",
      data: { tag: null, previousDigest: null, image: `registry.example.com/acme/web/api@${DIGEST}` },
    });
  });

  it("sends nothing unsigned", async () => {
    await expect(requestOf("standard-webhook")).rejects.toThrow(UnsendableError);
  });
});
