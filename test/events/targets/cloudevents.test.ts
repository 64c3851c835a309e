import { describe, expect, it } from "vitest";
import { EVENT_TYPES } from "../../../src/events/event.ts";
import { bodyOf, DIGEST, EVENT, EVENT_BODY, MANIFEST_EVENT, requestOf, URL } from "./fixtures.ts";

const BODY =
  '{"specversion":"1.0","id":"evt_1","source":"https://registry.example.com/acme/web/api","type":"registry.image.tag.updated",' +
  '"subject":"acme/web/api:1.2.3","time":"2026-01-02T03:04:05.678Z","datacontenttype":"application/json",' +
  `"data":{"repository":"acme/web/api","tag":"1.2.3","digest":"${DIGEST}","registryUrl":"registry.example.com",` +
  `"image":"registry.example.com/acme/web/api:1.2.3@${DIGEST}"}}`;

const HEADERS = { "user-agent": "Spacedock/1", "content-type": "application/cloudevents+json" };

describe("cloudevents", () => {
  it("sends a structured event", async () => {
    expect(await requestOf("cloudevents")).toEqual({ url: URL, method: "POST", headers: HEADERS, body: BODY });
  });

  it("sends the secret in X-Webhook-Secret unless told otherwise", async () => {
    const { headers } = await requestOf("cloudevents", { secrets: ["s3cret", "old"] });
    expect(headers).toEqual({ ...HEADERS, "x-webhook-secret": "s3cret" });
  });

  it("signs with the secret where the config says so, and does not send it", async () => {
    const request = await requestOf("cloudevents", { secrets: ["s3cret"], config: { secretAs: "hmac" } });
    const signature = "sha256=64c991f4a3b5ee10638dfc41d045ed4b9f55231361a8e1273b5338eed6854011";
    expect(request.headers).toEqual({ ...HEADERS, "x-signature": signature, "x-hub-signature-256": signature });
    expect(request.body).toBe(BODY);
  });

  it.each(EVENT_TYPES)("names an image in the type of %s, as Argo CD Image Updater wants", async (type) => {
    expect(await bodyOf("cloudevents", { event: { ...EVENT, type } })).toMatchObject({
      type: `registry.image.${type}`,
    });
  });

  it("gives no tag that a reader could take from the subject when there is none", async () => {
    expect(await bodyOf("cloudevents", { event: MANIFEST_EVENT })).toMatchObject({
      subject: "acme/web/api",
      data: { tag: null },
    });
  });
});

describe("generic-hmac", () => {
  it("sends the event with the body's HMAC in both headers", async () => {
    const signature = "sha256=d9c89290c224f9c4d3f73accda8b6d9666b328ca37124d4cd6ca1cc938d48ed1";
    expect(await requestOf("generic-hmac", { secrets: ["s3cret", "old"] })).toEqual({
      url: URL,
      method: "POST",
      headers: {
        "user-agent": "Spacedock/1",
        "content-type": "application/json",
        "x-spacedock-delivery": "dlv_1",
        "x-signature": signature,
        "x-hub-signature-256": signature,
      },
      body: EVENT_BODY,
    });
  });

  it("sends nothing unsigned", async () => {
    await expect(requestOf("generic-hmac")).rejects.toThrow("the target has no secret");
  });
});
