import { describe, expect, it } from "vitest";
import * as z from "zod";
import { TARGET_TYPES } from "../../../src/events/targets/index.ts";
import { bodyOf, DIGEST, MANIFEST_EVENT, EVENT, requestOf } from "./fixtures.ts";

const secrets = ["token-new", "token-old"];
const IMAGE = `registry.example.com/acme/web/api:1.2.3@${DIGEST}`;

describe("github-dispatch", () => {
  const url = "https://api.github.com";
  const config = { owner: "acme", repo: "deploy.app" };

  it("sends a repository_dispatch", async () => {
    expect(await requestOf("github-dispatch", { url, config, secrets })).toEqual({
      url: "https://api.github.com/repos/acme/deploy.app/dispatches",
      method: "POST",
      headers: {
        "user-agent": "Spacedock/1",
        "content-type": "application/json",
        accept: "application/vnd.github+json",
        authorization: "Bearer token-new",
        "x-github-api-version": "2022-11-28",
      },
      body: JSON.stringify({
        event_type: "registry-push",
        client_payload: {
          id: "evt_1",
          type: "registry.tag.updated",
          timestamp: "2026-01-02T03:04:05.678Z",
          image: IMAGE,
          registry: "registry.example.com",
          repository: "acme/web/api",
          tag: "1.2.3",
          digest: DIGEST,
          previousDigest: EVENT.previousDigest,
          mediaType: EVENT.mediaType,
        },
      }),
    });
  });

  it("sends ten keys of payload at most", async () => {
    const shape = z.object({ client_payload: z.record(z.string(), z.unknown()) });
    const body = shape.parse(await bodyOf("github-dispatch", { url, config, secrets }));
    expect(Object.keys(body.client_payload).length).toBeLessThanOrEqual(10);
  });

  it("goes below an enterprise server's API, with the event type that is configured", async () => {
    const enterprise = "https://github.example.org/api/v3/?x=1#y";
    const request = await requestOf("github-dispatch", {
      url: enterprise,
      config: { ...config, eventType: "ship" },
      secrets,
    });
    expect(request.url).toBe("https://github.example.org/api/v3/repos/acme/deploy.app/dispatches");
    expect(request.body).toContain('{"event_type":"ship",');
  });

  it("has GitHub's address by default and needs a token", async () => {
    expect(TARGET_TYPES["github-dispatch"]).toMatchObject({ defaultUrl: "https://api.github.com", secret: "given" });
    await expect(requestOf("github-dispatch", { url, config })).rejects.toThrow("the target has no secret");
  });

  it.each([
    [{ ...config, eventType: "x".repeat(100) }, true],
    [{ ...config, eventType: "x".repeat(101) }, false],
    [{ ...config, eventType: "" }, false],
    [{ ...config, owner: "../acme" }, false],
    [{ ...config, owner: "" }, false],
    [{ ...config, repo: ".." }, false],
    [{ ...config, repo: "..." }, true],
    [{ ...config, repo: "a/b" }, false],
    [{ ...config, repo: "a?b" }, false],
    [{ ...config, extra: 1 }, false],
    [{ owner: "acme" }, false],
    [null, false],
  ])("takes the config %j: %s", (input, taken) => {
    expect(TARGET_TYPES["github-dispatch"].parseConfig(input).ok).toBe(taken);
  });
});

describe("gitlab-pipeline", () => {
  const url = "https://gitlab.example.org/gitlab/";
  const config = { project: "acme/sub/deploy", ref: "main" };

  it("sends a trigger as a form", async () => {
    const encodedImage = IMAGE.replaceAll("/", "%2F").replaceAll(":", "%3A").replaceAll("@", "%40");
    expect(await requestOf("gitlab-pipeline", { url, config, secrets })).toEqual({
      url: "https://gitlab.example.org/gitlab/api/v4/projects/acme%2Fsub%2Fdeploy/trigger/pipeline",
      method: "POST",
      headers: { "user-agent": "Spacedock/1", "content-type": "application/x-www-form-urlencoded" },
      body: [
        "token=token-new",
        "ref=main",
        "variables%5BSPACEDOCK_EVENT%5D=registry.tag.updated",
        `variables%5BSPACEDOCK_IMAGE%5D=${encodedImage}`,
        "variables%5BSPACEDOCK_REGISTRY%5D=registry.example.com",
        "variables%5BSPACEDOCK_REPOSITORY%5D=acme%2Fweb%2Fapi",
        "variables%5BSPACEDOCK_TAG%5D=1.2.3",
        `variables%5BSPACEDOCK_DIGEST%5D=${DIGEST.replace(":", "%3A")}`,
      ].join("&"),
    });
  });

  it("leaves the tag out where there is none", async () => {
    const { body } = await requestOf("gitlab-pipeline", { url, config, secrets, event: MANIFEST_EVENT });
    expect(new URLSearchParams(body ?? "").has("variables[SPACEDOCK_TAG]")).toBe(false);
  });

  it.each([
    [{ project: "42", ref: "main" }, true],
    [{ project: "acme/deploy", ref: "release/1 & 2" }, true],
    [{ project: "acme/../deploy", ref: "main" }, false],
    [{ project: "/acme", ref: "main" }, false],
    [{ project: "acme?x", ref: "main" }, false],
    [{ project: 42, ref: "main" }, false],
    [{ project: "42", ref: "" }, false],
    [{ project: "42", ref: "main", token: "t" }, false],
  ])("takes the config %j: %s", (input, taken) => {
    expect(TARGET_TYPES["gitlab-pipeline"].parseConfig(input).ok).toBe(taken);
  });
});
