import { describe, expect, it } from "vitest";
import { bodyOf, DIGEST, EVENT, EVENT_BODY, requestOf } from "./fixtures.ts";

const ENCODED = DIGEST.replace(":", "%3A");
const usual = { "user-agent": "Spacedock/1" };
const json = { ...usual, "content-type": "application/json" };

function hook(template: string, url: string, secrets: readonly string[] = []) {
  return requestOf("url-hook", { url, config: { template }, secrets });
}

async function addressOf(url: string, event = EVENT): Promise<string> {
  return (await requestOf("url-hook", { url, config: { template: "custom" }, event })).url;
}

describe("a deploy hook's template", () => {
  it("render: names the image by its digest", async () => {
    expect(await hook("render", "https://api.render.com/deploy/srv-1?key=k", ["unused"])).toEqual({
      url: `https://api.render.com/deploy/srv-1?key=k&imgURL=registry.example.com%2Facme%2Fweb%2Fapi%40${ENCODED}`,
      method: "POST",
      headers: usual,
      body: null,
    });
  });

  it("portainer: gives the tag, unless the address does", async () => {
    const address = "https://portainer.example.org/api/webhooks/6c0";
    const request = { url: `${address}?tag=1.2.3`, method: "POST", headers: usual, body: null };
    expect(await hook("portainer", address)).toEqual(request);
    expect(await hook("portainer", `${address}?tag=v{tag}`)).toEqual({ ...request, url: `${address}?tag=v1.2.3` });
  });

  it("coolify: sends the token as a bearer", async () => {
    const address = "https://coolify.example.org/api/v1/deploy?uuid=u1&force=false";
    const headers = { ...usual, authorization: "Bearer 1|t" };
    expect(await hook("coolify", address, ["1|t", "old"])).toEqual({
      url: address,
      method: "POST",
      headers,
      body: null,
    });
  });

  it("dokploy: looks like Docker Hub, so that image and tag are compared", async () => {
    const address = "https://dokploy.example.org/api/deploy/r1";
    const body = JSON.stringify(await bodyOf("docker-hub"));
    const headers = { ...json, "user-agent": "Spacedock/1 Go-http-client/1.1" };
    expect(await hook("dokploy", address)).toEqual({ url: address, method: "POST", headers, body });
  });

  it("azure: logs in with the publishing user, and tells what ACR would", async () => {
    const address = "https://app.scm.azurewebsites.net/api/registry/webhook";
    const headers = { ...json, authorization: "Basic JGFwcDpwQHNz" };
    const body = JSON.stringify(await bodyOf("acr"));
    expect(await hook("azure", address, ["$app:p@ss"])).toEqual({ url: address, method: "POST", headers, body });
  });

  it("cloudflare: only calls", async () => {
    const address = "https://api.cloudflare.com/client/v4/pages/webhooks/deploy_hooks/d1";
    expect(await hook("cloudflare", address, ["unused"])).toEqual({
      url: address,
      method: "POST",
      headers: usual,
      body: null,
    });
  });

  it("custom: sends the event, with the secret as the Authorization header", async () => {
    const address = "https://deploy.example.org/hook";
    const headers = { ...json, authorization: "Token t" };
    expect(await hook("custom", address, ["Token t"])).toEqual({
      url: address,
      method: "POST",
      headers,
      body: EVENT_BODY,
    });
  });

  it("sends no body with GET", async () => {
    const config = { template: "custom", method: "GET" };
    const request = await requestOf("url-hook", { url: "https://deploy.example.org/{tag}", config });
    expect(request).toEqual({ url: "https://deploy.example.org/1.2.3", method: "GET", headers: usual, body: null });
  });
});

describe("placeholders in the address", () => {
  it.each([
    ["/{repository}/{tag}?a={registry}&d={digest}", `/acme%2Fweb%2Fapi/1.2.3?a=registry.example.com&d=${ENCODED}`],
    ["/?image={image}", `/?image=registry.example.com%2Facme%2Fweb%2Fapi%3A1.2.3%40${ENCODED}`],
    ["/%7Btag%7D?t=%7btag%7d", "/1.2.3?t=1.2.3"],
    ["/{Tag}/{secret}?{}", "/%7BTag%7D/%7Bsecret%7D?{}"],
    ["/x#{tag}", "/x"],
    ["", "/"],
  ])("of %s are filled in", async (address, expected) => {
    expect(await addressOf(`https://deploy.example.org${address}`)).toBe(`https://deploy.example.org${expected}`);
  });

  it.each(["https://{tag}/x", "https:///{tag}/x", "https://{tag}.example.org/x", "https://a@{tag}/x"])(
    "do not choose the host: %s",
    async (address) => {
      const event = { ...EVENT, tag: "evil.example.net" };
      expect(await addressOf(address, event)).not.toContain("evil");
    },
  );

  it.each(["https://deploy.example.org:{tag}/", "{tag}", "{registry}/x"])(
    "do not make an address: %s",
    async (address) => {
      await expect(addressOf(address)).rejects.toThrow("the target's address is not an absolute URL");
    },
  );

  it.each([
    ["/../../x?y#z", "%2F..%2F..%2Fx%3Fy%23z"],
    ["a&admin=1", "a%26admin%3D1"],
    ["{digest}", "%7Bdigest%7D"],
    ["\\\\evil.example.net\r\n", "%5C%5Cevil.example.net%0D%0A"],
    ["%2e%2e", "%252e%252e"],
    ["\ud800", "%EF%BF%BD"],
    ["$&$1", "%24%26%241"],
  ])("are filled with the tag %j as one piece", async (tag, encoded) => {
    const event = { ...EVENT, tag };
    const address = await addressOf("https://deploy.example.org/hook/{tag}/run?tag={tag}", event);
    expect(address).toBe(`https://deploy.example.org/hook/${encoded}/run?tag=${encoded}`);
  });

  it.each([
    ["/hook/{tag}", ".."],
    ["/hook/{tag}/run", ".."],
    ["/hook/{tag}/run", "."],
    ["/hook/%2e{tag}", "."],
  ])("never climb out of %s with the tag %s", async (path, tag) => {
    const address = addressOf(`https://deploy.example.org${path}`, { ...EVENT, tag });
    await expect(address).rejects.toThrow("another path");
  });
});
