import { describe, expect, it } from "vitest";
import { DIGEST, EVENT, MANIFEST_EVENT, bodyOf, requestOf, URL } from "./fixtures.ts";

const MEDIA_TYPE = EVENT.mediaType;
const TIME = "2026-01-02T03:04:05.678Z";

/** The formats of other products, as their receivers expect them. */
const FORMATS = [
  {
    type: "harbor",
    headers: {},
    body: {
      type: "PUSH_ARTIFACT",
      occur_at: 1767323045,
      operator: "ci",
      event_data: {
        resources: [{ digest: DIGEST, tag: "1.2.3", resource_url: "registry.example.com/acme/web/api:1.2.3" }],
        repository: { name: "web/api", namespace: "acme", repo_full_name: "acme/web/api", repo_type: "private" },
      },
    },
  },
  {
    type: "docker-hub",
    headers: {},
    body: {
      push_data: { pushed_at: 1767323045, pusher: "ci", tag: "1.2.3" },
      callback_url: "https://registry.example.com/acme/web/api",
      repository: {
        repo_name: "registry.example.com/acme/web/api",
        name: "web/api",
        namespace: "acme",
        repo_url: "https://registry.example.com/acme/web/api",
      },
    },
  },
  {
    type: "quay",
    headers: {},
    body: {
      name: "web/api",
      repository: "acme/web/api",
      namespace: "acme",
      docker_url: "registry.example.com/acme/web/api",
      homepage: "https://registry.example.com/acme/web/api",
      updated_tags: ["1.2.3"],
    },
  },
  {
    type: "acr",
    headers: { "user-agent": "AzureContainerRegistry/1.0 Spacedock/1" },
    body: {
      id: "evt_1",
      timestamp: TIME,
      action: "push",
      target: { mediaType: MEDIA_TYPE, size: 1234, digest: DIGEST, repository: "acme/web/api", tag: "1.2.3" },
      request: { id: "evt_1", host: "registry.example.com", method: "PUT" },
    },
  },
  {
    type: "keel",
    headers: {},
    body: { name: "registry.example.com/acme/web/api", tag: "1.2.3", digest: DIGEST },
  },
  {
    type: "distribution",
    headers: { "content-type": "application/vnd.docker.distribution.events.v2+json" },
    body: {
      events: [
        {
          id: "evt_1",
          timestamp: TIME,
          action: "push",
          target: {
            mediaType: MEDIA_TYPE,
            digest: DIGEST,
            size: 1234,
            length: 1234,
            repository: "acme/web/api",
            url: `https://registry.example.com/v2/acme/web/api/manifests/${DIGEST}`,
            tag: "1.2.3",
          },
          request: { id: "evt_1", addr: "", host: "registry.example.com", method: "PUT", useragent: "" },
          actor: { name: "ci" },
          source: { addr: "registry.example.com", instanceID: "" },
        },
      ],
    },
  },
] as const;

describe.each(FORMATS)("$type", ({ type, headers, body }) => {
  const usual = { "user-agent": "Spacedock/1", "content-type": "application/json" };

  it("sends the documented format, in this order", async () => {
    const request = await requestOf(type);
    expect(request).toEqual({
      url: URL,
      method: "POST",
      headers: { ...usual, ...headers },
      body: JSON.stringify(body),
    });
  });

  it("sends the newest secret as the whole Authorization header", async () => {
    const request = await requestOf(type, { secrets: ["Bearer new", "Bearer old"] });
    expect(request.headers).toEqual({ ...usual, ...headers, authorization: "Bearer new" });
  });
});

describe("an event that a push of a tag cannot say", () => {
  it.each(["harbor", "docker-hub", "quay", "acr", "keel", "url-hook"] as const)("is not sent as %s", async (type) => {
    const config = type === "url-hook" ? { template: "custom" } : {};
    for (const event of [MANIFEST_EVENT, { ...EVENT, type: "tag.deleted" } as const]) {
      await expect(requestOf(type, { event, config })).rejects.toThrow(`${type} cannot send ${event.type}`);
    }
    await expect(requestOf(type, { event: { ...EVENT, tag: null }, config })).rejects.toThrow("the event has no tag");
  });

  it("is a push without a tag to distribution", async () => {
    const target = { ...FORMATS[5].body.events[0].target, tag: undefined };
    expect(await bodyOf("distribution", { event: MANIFEST_EVENT })).toMatchObject({ events: [{ action: "push" }] });
    expect(JSON.stringify(await bodyOf("distribution", { event: MANIFEST_EVENT }))).toContain(JSON.stringify(target));
  });

  it.each(["tag.deleted", "manifest.deleted"] as const)("is a deletion to distribution: %s", async (type) => {
    expect(await bodyOf("distribution", { event: { ...EVENT, type } })).toMatchObject({
      events: [{ action: "delete", request: { method: "DELETE" } }],
    });
  });
});
