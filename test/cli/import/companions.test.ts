import { describe, expect, it } from "vitest";
import { image, index, json, OCI_INDEX, type TestImage } from "../../../harness/images.ts";
import { useRegistries } from "../support/registries.ts";

const registries = await useRegistries();

const IMPORT = "$S/acme/web:1 $D/team/web";

function referrersTag({ descriptor: { digest } }: TestImage): string {
  return digest.replace(":", "-");
}

function referrer(subject: TestImage): TestImage {
  return image({ subject: subject.descriptor, artifactType: "application/vnd.example.sbom" });
}

/** Returns the manifests that the destination was given, in order, without those under tags. */
function storedInOrder(): string[] {
  return registries.destination.asked(/^PUT manifests\/sha256:/).map((put) => put.replace("PUT manifests/", ""));
}

describe("what refers to an image", () => {
  it("comes along after it, and what refers to that in turn, and before the tag", async () => {
    const one = image();
    const sbom = referrer(one);
    const signature = referrer(sbom);
    registries.source.add(one, "1");
    registries.source.add(sbom);
    registries.source.add(signature);
    const { report } = await registries.import(IMPORT);
    expect(storedInOrder()).toEqual([one, sbom, signature].map(({ descriptor }) => descriptor.digest));
    expect(registries.destination.asked().at(-1)).toBe("PUT manifests/1");
    expect(report).toMatchObject({ referrers: 2, copied: { manifests: 3 } });
  });

  it("comes along with each platform of an index", async () => {
    const platform = image();
    registries.source.add(index([platform, image()]), "1");
    const signature = referrer(platform);
    registries.source.add(signature);
    await registries.import(IMPORT);
    expect(registries.destination.manifests.has(signature.descriptor.digest)).toBe(true);
  });

  it("stays behind with --no-referrers, and nobody asks for it", async () => {
    const one = image();
    registries.source.add(one, "1");
    registries.source.add(referrer(one));
    await registries.import(`--no-referrers ${IMPORT}`);
    expect([...registries.destination.manifests.keys()]).toEqual([one.descriptor.digest]);
    expect(registries.source.asked(/referrers|sha256-/)).toEqual([]);
  });

  it("is found in the tag that stands in for the list, and listed by whatever the destination has", async () => {
    const one = image();
    const sbom = referrer(one);
    registries.source.hasReferrersList = false;
    registries.source.add(one, "1");
    registries.source.add(index([sbom]), referrersTag(one));
    await registries.import(IMPORT);
    expect(registries.destination.manifests.has(sbom.descriptor.digest)).toBe(true);
    expect([...registries.destination.tags.keys()]).toEqual(["1"]);
  });

  it("is found in that tag even where there is a list", async () => {
    const one = image();
    const [older, newer] = [image({ artifactType: "application/vnd.example.older" }), referrer(one)];
    registries.source.add(one, "1");
    registries.source.add(index([older]), referrersTag(one));
    registries.source.add(newer);
    const { report } = await registries.import(IMPORT);
    expect(report.referrers).toBe(2);
  });

  it("is told to a destination without a list in that tag, beside what it has", async () => {
    const one = image();
    const [theirs, ours] = [referrer(one), referrer(one)];
    registries.source.add(one, "1");
    registries.source.add(ours);
    registries.destination.hasReferrersList = false;
    registries.destination.add(index([theirs]), referrersTag(one));
    await registries.import(IMPORT);
    const listed = registries.destination.manifests.get(registries.destination.tags.get(referrersTag(one)) ?? "");
    expect(JSON.parse(listed?.bytes.toString() ?? "")).toMatchObject({
      manifests: [theirs, ours].map(({ descriptor: { digest } }) => ({ digest })),
    });
    expect(listed?.mediaType).toBe(OCI_INDEX);
  });

  it("is not missed where the source has it no more, but counts where it is of a kind long given up", async () => {
    const one = image();
    const [gone, old] = [referrer(one), json({}, "application/vnd.oci.artifact.manifest.v1+json")];
    registries.source.hasReferrersList = false;
    registries.source.add(one, "1");
    const list = index([gone, old]);
    registries.source.addPart(list);
    registries.source.tags.set(referrersTag(one), list.descriptor.digest);
    const { exitCode, report, stderr } = await registries.import(IMPORT);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("1 referrer could not be imported; everything else is there");
    expect(report).toMatchObject({ tags: [{ outcome: "created" }], referrers: 0, skipped: { referrers: 2 } });
    expect(stderr).toContain(`${gone.descriptor.digest} is not copied: the source no longer has it`);
    expect(stderr).toContain("oci.artifact.manifest");
  });
});

describe("cosign's tags", () => {
  it("come along, with signatures of what they hold, each tag after what it stands for", async () => {
    const one = image();
    const [signature, sbom, signatureOfSbom] = [image(), image(), image()];
    registries.source.add(one, "1");
    registries.source.add(signature, `${referrersTag(one)}.sig`);
    registries.source.add(sbom, `${referrersTag(one)}.sbom`);
    registries.source.add(signatureOfSbom, `${referrersTag(sbom)}.sig`);
    const { report } = await registries.import(IMPORT);
    expect(registries.destination.tags).toEqual(registries.source.tags);
    expect(report.referrers).toBe(3);
    const tags = registries.destination.asked(/^PUT manifests\/[^:]*$/).map((put) => put.replace("PUT manifests/", ""));
    expect(tags[0]).toBe(`${referrersTag(sbom)}.sig`);
    expect(tags.at(-1)).toBe("1");
  });

  it("are not set again where they are", async () => {
    const one = image();
    registries.source.add(one, "1");
    registries.source.add(image(), `${referrersTag(one)}.att`);
    await registries.import(IMPORT);
    registries.destination.log.length = 0;
    await registries.import(IMPORT);
    expect(registries.destination.asked(/^PUT/)).toEqual([]);
  });

  it("can go round in a circle without end, and the import ends", async () => {
    const one = image();
    const other = image();
    registries.source.add(one, "1", `${referrersTag(one)}.sig`, `${referrersTag(other)}.sig`);
    registries.source.add(other, `${referrersTag(one)}.att`);
    // The last index does not contain the image itself.
    const last = image();
    registries.source.add(last, `${referrersTag(other)}.att`);
    registries.source.tags.set(`${referrersTag(last)}.sig`, other.descriptor.digest);
    const { exitCode, stderr } = await registries.import(IMPORT);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(registries.destination.tags).toEqual(registries.source.tags);
  });
});

describe("lists of referrers", () => {
  it("can name each other without end, and the import ends", async () => {
    const one = image();
    const other = image();
    registries.source.hasReferrersList = false;
    registries.source.add(one, "1");
    registries.source.add(index([other]), referrersTag(one));
    registries.source.add(index([one]), referrersTag(other));
    const { exitCode, stderr } = await registries.import(IMPORT);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  });

  it("are followed so deep and no deeper", async () => {
    const chain = [image()];
    for (let depth = 0; depth < 12; depth++) chain.push(referrer(chain[depth] ?? image()));
    registries.source.add(chain[0] ?? image(), "1");
    for (const one of chain) registries.source.add(one);
    const { exitCode, stderr, report } = await registries.import(IMPORT);
    expect(exitCode).toBe(1);
    expect(report.referrers).toBe(8);
    expect(stderr).toContain("nested too deeply");
    expect(registries.destination.tags.has("1")).toBe(true);
  });
});
