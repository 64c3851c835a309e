import { beforeAll, describe, expect, it } from "vitest";
import { useBench } from "./support/bench.ts";
import { type Client, refusal } from "./support/contract.ts";
import type { Home } from "./support/home.ts";
import { makeImageLayout } from "./support/layout.ts";
import { scratch } from "./support/scratch.ts";

const keyPassword = { COSIGN_PASSWORD: "for the test only" };

const cosign: Pick<Client, "env" | "login"> = {
  env: keyPassword,
  login: (home, host, password) =>
    home.run("cosign", ["login", host, "--username", "ci", "--password-stdin"], password),
};

// The places of a signature in the registry, by the flags that choose them.
const forms = [
  {
    form: "a bundle that refers to the image",
    sign: ["--new-bundle-format=true"],
    verify: ["--new-bundle-format=true"],
  },
  { form: "a tag named after the image", sign: ["--new-bundle-format=false"], verify: ["--new-bundle-format=false"] },
];

const offline = ["--use-signing-config=false", "--tlog-upload=false", "--yes"];

describe("cosign", () => {
  const bench = useBench("cosign", cosign);
  let home: Home;

  beforeAll(async () => {
    home = await bench.openHome();
    await home.run("cosign", ["generate-key-pair"]);
  });

  /** Pushes an image with crane, which reads the same login, and returns its name by digest. */
  async function pushImage(path: string): Promise<string> {
    const layout = scratch(home);
    const digest = await makeImageLayout(layout, [5000]);
    await home.run("crane", ["push", layout, bench.space.repository(`${path}:1`)]);
    return bench.space.repository(`${path}@${digest}`);
  }

  async function sign(signer: Home, image: string, flags: readonly string[]): Promise<void> {
    await signer.run("cosign", ["sign", "--key", home.path("cosign.key"), ...offline, ...flags, image]);
  }

  async function verify(image: string, flags: readonly string[]): Promise<string> {
    const verifier = await bench.openHome(await bench.space.token("pull"));
    return verifier.run("cosign", [
      "verify",
      "--key",
      home.path("cosign.pub"),
      "--insecure-ignore-tlog=true",
      ...flags,
      image,
    ]);
  }

  describe.each(forms)("signing with $form", ({ form, sign: signFlags, verify: verifyFlags }) => {
    const path = form.replaceAll(" ", "-");

    it("verifies the signature elsewhere", async () => {
      const image = await pushImage(path);
      await sign(home, image, signFlags);
      expect(await verify(image, verifyFlags)).toContain(image.slice(image.indexOf("sha256:")));
    });

    it("finds no signature on another image", async () => {
      const unsigned = await pushImage(`${path}-unsigned`);
      await expect(verify(unsigned, verifyFlags)).rejects.toThrow(/no signatures|no matching/i);
    });

    it("cannot sign with a token that may only pull", async () => {
      const image = await pushImage(`${path}-readable`);
      const reader = await bench.openHome(await bench.space.token("pull"));
      await expect(sign(reader, image, signFlags)).rejects.toThrow(refusal);
    });
  });

  it("verifies an attestation elsewhere", async () => {
    const image = await pushImage("attested");
    await home.run("sh", ["-c", 'echo "{}" > predicate.json']);
    const predicate = ["--type", "custom", "--predicate", home.path("predicate.json")];
    await home.run("cosign", ["attest", "--key", home.path("cosign.key"), ...offline, ...predicate, image]);
    const verifier = await bench.openHome(await bench.space.token("pull"));
    const key = ["--key", home.path("cosign.pub"), "--insecure-ignore-tlog=true", "--type", "custom"];
    expect(await verifier.run("cosign", ["verify-attestation", ...key, image])).toContain("payload");
  });

  it("copies an image and its signature to another repository", async () => {
    const image = await pushImage("origin");
    await sign(home, image, ["--new-bundle-format=false"]);
    const copy = bench.space.repository("copies/origin:1");
    await home.run("cosign", ["copy", bench.space.repository("origin:1"), copy]);
    expect(await verify(copy, ["--new-bundle-format=false"])).toContain(image.slice(image.indexOf("sha256:")));
  });

  it("is refused with a wrong password", async () => {
    const image = await pushImage("guarded");
    const stranger = await bench.openHome("wrong");
    await expect(sign(stranger, image, [])).rejects.toThrow(refusal);
  });
});
