import { env } from "cloudflare:workers";
import { createLocalJWKSet, jwtVerify } from "jose";
import { afterEach, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { signIdentityToken, targetSubject } from "../../src/auth/identity-token.ts";
import { signingKeys } from "../../src/auth/keys.ts";
import { pushImage } from "../support/content.ts";
import { makeTarget, makeTrigger, receive } from "../support/deploy.ts";
import { ask, makeSpace, manage } from "../support/registry.ts";

const ACCOUNT = "863b4b7d-6308-456e-8375-8d9270e9be44";
const jwks = z.object({ keys: z.array(z.looseObject({ kty: z.string() })) });

afterEach(() => {
  vi.restoreAllMocks();
});

describe("a deployment target's identity token", () => {
  it("is verified by the published keys, and names the target", async () => {
    const as = await makeSpace("identity");
    const config = { project: "Web", serviceAccount: ACCOUNT };
    const { id } = await makeTarget("identity", "https://octopus.example.com", { type: "octopus", config });
    const trigger = await makeTrigger("identity", [id]);
    await pushImage("identity/web", as, "1.0");
    const received = receive(({ url }) =>
      Response.json(
        url.endsWith("openid-configuration")
          ? { token_endpoint: "https://octopus.example.com/token/v1" }
          : { access_token: "t", ReleaseId: "Releases-1", ReleaseVersion: "1.0" },
      ),
    );
    await manage("POST", `spaces/identity/triggers/${trigger.id}/test`, {});
    const exchange = received.find(({ url }) => url.endsWith("/token/v1"));
    const { subject_token: token } = z.object({ subject_token: z.string() }).parse(JSON.parse(exchange?.body ?? "{}"));
    const keys = createLocalJWKSet(jwks.parse(await (await ask("/.well-known/jwks.json")).json()));
    const { payload } = await jwtVerify(token, keys, { issuer: "https://registry.test", audience: ACCOUNT });
    expect(payload.sub).toBe(targetSubject("identity", id));
    expect(payload).not.toHaveProperty("access");
  });

  it("does not pass for an access token, even when it is meant for this registry", async () => {
    const keys = await signingKeys(env.SIGNING_KEYS);
    const identity = { issuer: "https://registry.test", subject: "space:x:target:y", audience: "registry.test" };
    const token = await signIdentityToken(keys, identity, new Date());
    const answer = await ask("/v2/", { headers: { Authorization: `Bearer ${token}` } });
    expect(answer.status).toBe(401);
  });
});
