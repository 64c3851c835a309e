import { describe, expect, it } from "vitest";
import { digestOf, imageText, OCI_MANIFEST, putManifest, pushImage } from "../support/content.ts";
import { ask, makeSpace } from "../support/registry.ts";

describe("pushing and pulling a manifest", () => {
  it("gives back the exact bytes by tag and by digest", async () => {
    const as = await makeSpace("exact");
    const text = `\n  ${await imageText("exact/web", as)}\t`;
    expect((await putManifest("exact/web", as, "1.0", text)).status).toBe(201);
    for (const reference of ["1.0", await digestOf(text)]) {
      const answer = await ask(`/v2/exact/web/manifests/${reference}`, { as });
      expect(await answer.text()).toBe(text);
      expect(answer.headers.get("Content-Type")).toBe(OCI_MANIFEST);
      expect(answer.headers.get("Docker-Content-Digest")).toBe(await digestOf(text));
    }
  });

  it("moves a tag", async () => {
    const as = await makeSpace("moves");
    await pushImage("moves/web", as, "latest", 1);
    const { text } = await pushImage("moves/web", as, "latest", 2);
    expect(await (await ask("/v2/moves/web/manifests/latest", { as })).text()).toBe(text);
  });
});
