import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { ask, makeSpace, makeToken } from "../support/registry.ts";

describe("whoami", () => {
  it("tells a token what it is, and not its secret", async () => {
    await makeSpace("who");
    const made = await makeToken("who", { name: "ci", actions: ["pull"], repositories: ["web/*"], expiresIn: 3600 });
    const answer = await ask("/api/v1/whoami", { headers: { Authorization: `Bearer ${made.token}` } });
    expect(answer.headers.get("Cache-Control")).toBe("no-store");
    expect(await answer.json()).toEqual({
      kind: "token",
      space: "who",
      token: {
        id: made.id,
        name: "ci",
        actions: ["pull"],
        repositories: ["web/*"],
        expiresAt: expect.stringMatching(/Z$/),
      },
    });
  });

  it("tells the installation's administrator", async () => {
    const answer = await ask("/api/v1/whoami", { headers: { Authorization: `Bearer ${env.ADMIN_TOKEN}` } });
    expect(await answer.json()).toEqual({ kind: "installation", space: null, token: null });
  });

  it("tells an access token nothing", async () => {
    const as = await makeSpace("who-access");
    const { token } = z.object({ token: z.string() }).parse(await (await ask("/token", { as })).json());
    const answer = await ask("/api/v1/whoami", { headers: { Authorization: `Bearer ${token}` } });
    expect(answer.status).toBe(401);
    expect(await answer.json()).toMatchObject({ code: "UNAUTHORIZED" });
  });
});
