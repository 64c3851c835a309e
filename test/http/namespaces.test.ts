/** Tests ?ns=, by which a client names the registry that it wants a mirror to serve (distribution spec, "Registry Proxying"). */
import { beforeAll, describe, expect, it } from "vitest";
import { digestOf, imageText, newBytes, nextPage, pushBlob, pushImage, putManifest } from "../support/content.ts";
import { ask, type Ask, errorOf, makeToken, manage, nextSpace, ORIGIN } from "../support/registry.ts";

const OWN = new URL(ORIGIN).host;

let space = "";
let as = "";
let web = "";
let image = { digest: "", text: "" };
let blob = "";

beforeAll(async () => {
  ({ space, as } = await nextSpace("ns"));
  web = `${space}/web`;
  image = await pushImage(web, as, "latest");
  await pushImage(web, as, "other", 2);
  blob = (await pushBlob(web, as, newBytes())).digest;
  await manage("PATCH", `spaces/${space}`, { namespaces: ["docker.io", "mirror.test:5000"] });
});

async function get(path: string, ns: string, wish: Ask = {}): Promise<Response> {
  return ask(`/v2/${web}/${path}${path.includes("?") ? "&" : "?"}ns=${ns}`, { as, ...wish });
}

const paths = (): readonly string[] => [
  "manifests/latest",
  `manifests/${image.digest}`,
  `blobs/${blob}`,
  "tags/list",
  `referrers/${image.digest}`,
];

describe("a request for another registry's content", () => {
  it.each([
    "ghcr.io",
    "docker.io.evil.test",
    "docker",
    "docker.io,ghcr.io",
    "%00",
    "%ff",
    "*",
    "mirror.test",
    "%E2%84%AAcr.io",
  ])("is 404 unless the space stands for it: %s", async (ns) => {
    for (const path of paths()) {
      const answer = await get(path, ns);
      expect(answer.headers.get("OCI-Namespace")).toBeNull();
      expect(await errorOf(answer), path).toBe("404 NAME_UNKNOWN");
      expect((await get(path, ns, { method: "HEAD" })).status, path).toBe(404);
    }
  });

  it.each([["docker.io"], ["Docker.IO"], ["mirror.test:5000"], [OWN], [OWN.toUpperCase()]])(
    "is answered where it does, or where it is this one, and says so: %s",
    async (ns) => {
      for (const path of paths()) {
        const [asked, plain] = [await get(path, ns), await ask(`/v2/${web}/${path}`, { as })];
        expect([asked.status, asked.headers.get("OCI-Namespace")], path).toEqual([200, ns]);
        expect(await asked.text()).toBe(await plain.text());
        expect(plain.headers.get("OCI-Namespace")).toBeNull();
        const head = await get(path, ns, { method: "HEAD" });
        expect([head.status, head.headers.get("OCI-Namespace")], path).toEqual([200, ns]);
      }
      const missing = await get("manifests/none", ns);
      expect(await errorOf(missing)).toBe("404 MANIFEST_UNKNOWN");
    },
  );

  it("is this one's where no registry is named", async () => {
    const answer = await get("manifests/latest", "");
    expect([answer.status, answer.headers.get("OCI-Namespace")]).toEqual([200, null]);
  });

  it("is 404 where it names several", async () => {
    expect(await errorOf(await get("manifests/latest?ns=ghcr.io", "docker.io"))).toBe("404 NAME_UNKNOWN");
    expect((await get("manifests/latest?ns=docker.io", "docker.io")).status).toBe(200);
  });

  it("is asked for as the same registry's on the next page", async () => {
    const answer = await get("tags/list?n=1", "docker.io");
    expect(nextPage(answer)).toContain("ns=docker.io");
    expect(await (await ask(nextPage(answer) ?? "", { as })).json()).toMatchObject({ tags: ["other"] });
  });

  it("pushes nothing to a repository here", async () => {
    const text = await imageText(web, as, 3);
    const address = `latest?ns=ghcr.io`;
    expect(await errorOf(await putManifest(web, as, address, text))).toBe("404 NAME_UNKNOWN");
    const upload = await ask(`/v2/${web}/blobs/uploads/?ns=ghcr.io`, { as, method: "POST" });
    expect(await errorOf(upload)).toBe("404 NAME_UNKNOWN");
    expect(await errorOf(await get("manifests/latest", "ghcr.io", { method: "DELETE" }))).toBe("404 NAME_UNKNOWN");
    const there = await ask(`/v2/${web}/manifests/latest`, { as, method: "HEAD" });
    expect(there.headers.get("Docker-Content-Digest")).toBe(image.digest);
    expect((await putManifest(web, as, `${await digestOf(text)}?ns=docker.io`, text)).status).toBe(201);
  });

  it("lists no repositories", async () => {
    expect(await errorOf(await ask("/v2/_catalog?ns=docker.io", { as }))).toBe("404 NAME_UNKNOWN");
    expect((await ask(`/v2/_catalog?ns=${OWN}`, { as })).status).toBe(200);
  });

  it("tells strangers nothing of what a space stands for", async () => {
    const stranger = await nextSpace("ns-stranger");
    const other = await makeToken(space, { repositories: ["other"] });
    for (const by of [stranger.as, other.token, null]) {
      const answers = await Promise.all(
        ["docker.io", "ghcr.io"].map(async (ns) => (await get("manifests/latest", ns, { as: by })).status),
      );
      expect(answers[0]).toBe(answers[1]);
      expect(answers[0]).not.toBe(404);
    }
  });

  it("is 404 again when the space no longer stands for it", async () => {
    const changed = await manage("PATCH", `spaces/${space}`, { namespaces: [] });
    expect(await changed.json()).toMatchObject({ namespaces: [] });
    expect(await errorOf(await get("manifests/latest", "docker.io"))).toBe("404 NAME_UNKNOWN");
  });
});

describe("the registries that a space stands for", () => {
  it("are set, kept and shown", async () => {
    const namespaces = ["docker.io", "ghcr.io"];
    const set = await manage("PATCH", `spaces/${space}`, { namespaces: [...namespaces, "ghcr.io"] });
    expect(await set.json()).toMatchObject({ namespaces });
    expect((await manage("PATCH", `spaces/${space}`, { public: false })).status).toBe(200);
    expect(await (await manage("GET", `spaces/${space}`)).json()).toMatchObject({ namespaces });
  });

  it.each([
    [["Docker.io"]],
    [["https://docker.io"]],
    [["docker.io/library"]],
    [[""]],
    [["-docker.io"]],
    [["docker.io "]],
    [[5]],
    ["docker.io"],
    [null],
    [Array.from({ length: 21 }, (_, index) => `r${index}.test`)],
    [["a".repeat(300)]],
  ])("are refused: %j", async (namespaces) => {
    expect((await manage("PATCH", `spaces/${space}`, { namespaces })).status).toBe(400);
  });
});
