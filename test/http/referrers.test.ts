import { beforeAll, describe, expect, it } from "vitest";
import {
  descriptorOf,
  digestOf,
  imageText,
  indexText,
  nextPage,
  OCI_INDEX,
  OCI_MANIFEST,
  padded,
  pushImage,
  putManifest,
  type TestDescriptor,
} from "../support/content.ts";
import { ask, errorOf, makeSpace } from "../support/registry.ts";

const REPOSITORY = "referrers/web";
const CONFIG_TYPE = "application/vnd.oci.image.config.v1+json";
const EMPTY = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [] };
let as: string;

beforeAll(async () => {
  as = await makeSpace("referrers");
});

function ofSubject(digest: string, query = ""): Promise<Response> {
  return ask(`/v2/${REPOSITORY}/referrers/${digest}${query}`, { as });
}

/** Makes a subject for the test, which need not be there. */
function subjectOf(name: string): Promise<TestDescriptor> {
  return descriptorOf(name);
}

/** Pushes a manifest by its digest and returns its descriptor. */
async function push(text: string, type = OCI_MANIFEST): Promise<TestDescriptor> {
  const answer = await putManifest(REPOSITORY, as, await digestOf(text), text, type);
  if (answer.status !== 201) throw new Error(`pushing a referrer answered ${answer.status}: ${await answer.text()}`);
  return descriptorOf(text, type);
}

describe("the referrers", () => {
  it.each(["referrers/web", "referrers/never-pushed"])(
    "of what nothing refers to are an empty index: %s",
    async (name) => {
      const answer = await ask(`/v2/${name}/referrers/sha256:${"0".repeat(64)}`, { as });
      expect(answer.status).toBe(200);
      expect(answer.headers.get("Content-Type")).toBe(OCI_INDEX);
      expect(await answer.json()).toEqual(EMPTY);
    },
  );

  it("are described with type, size and annotations, where they have some", async () => {
    const subject = await subjectOf("described");
    const annotations = { "org.example.é": "🚀 <script>", "": "" };
    const text = await imageText(REPOSITORY, as, 1, { subject, artifactType: "application/sbom", annotations });
    const referrer = await push(text);
    expect(await (await ofSubject(subject.digest)).json()).toEqual({
      ...EMPTY,
      manifests: [{ ...referrer, artifactType: "application/sbom", annotations }],
    });
  });

  it("take their config's type where they name none", async () => {
    const subject = await subjectOf("by config");
    const referrer = await push(await imageText(REPOSITORY, as, 2, { subject }));
    expect(await (await ofSubject(subject.digest)).json()).toEqual({
      ...EMPTY,
      manifests: [{ ...referrer, artifactType: CONFIG_TYPE }],
    });
  });

  it("have no type where they are an index without one", async () => {
    const subject = await subjectOf("by index");
    const referrer = await push(indexText([], { subject }), OCI_INDEX);
    expect(await (await ofSubject(subject.digest)).json()).toEqual({ ...EMPTY, manifests: [referrer] });
  });

  it("have their type where they are an index with one", async () => {
    const subject = await subjectOf("by typed index");
    const referrer = await push(indexText([], { subject, artifactType: "application/x" }), OCI_INDEX);
    expect(await (await ofSubject(subject.digest)).json()).toEqual({
      ...EMPTY,
      manifests: [{ ...referrer, artifactType: "application/x" }],
    });
  });

  it.each([
    ["a bare +", "application/vnd.a+json", 1],
    ["an escaped +", "application/vnd.a%2Bjson", 1],
    ["an empty type", "", 2],
    ["another type", "application/vnd.b", 1],
    ["a type that none has", "application/vnd.a", 0],
  ])("are filtered by %s", async (_, type, count) => {
    const subject = await subjectOf("filtered");
    await push(await imageText(REPOSITORY, as, 20, { subject, artifactType: "application/vnd.a+json" }));
    await push(await imageText(REPOSITORY, as, 21, { subject, artifactType: "application/vnd.b" }));
    const answer = await ofSubject(subject.digest, `?artifactType=${type}`);
    expect(answer.headers.get("OCI-Filters-Applied")).toBe(type === "" ? null : "artifactType");
    expect(await answer.json()).toMatchObject({ manifests: { length: count } });
    const paged = await ofSubject(subject.digest, `?artifactType=${type}&n=1`);
    expect(nextPage(paged) !== null).toBe(count > 1);
  });

  it("are filtered by the same type on the next page", async () => {
    const subject = await subjectOf("filtered pages");
    for (const seed of [22, 23, 24]) {
      await push(await imageText(REPOSITORY, as, seed, { subject, artifactType: "application/vnd.a+json" }));
    }
    let seen = 0;
    for (
      let next: string | null = `/v2/${REPOSITORY}/referrers/${subject.digest}?artifactType=application/vnd.a+json&n=1`;
      next !== null;
    ) {
      const answer: Response = await ask(next, { as });
      seen += (await answer.text()).split('"digest"').length - 1;
      next = nextPage(answer);
    }
    expect(seen).toBe(3);
  });

  it("are found when they came before their subject", async () => {
    const text = await imageText(REPOSITORY, as, 3);
    const referrer = await push(await imageText(REPOSITORY, as, 4, { subject: await descriptorOf(text) }));
    const subject = await push(text);
    expect(await (await ofSubject(subject.digest)).json()).toMatchObject({ manifests: [{ digest: referrer.digest }] });
  });

  it("are gone when they are deleted", async () => {
    const subject = await subjectOf("deleted");
    const referrer = await push(await imageText(REPOSITORY, as, 5, { subject }));
    await ask(`/v2/${REPOSITORY}/manifests/${referrer.digest}`, { as, method: "DELETE" });
    expect(await (await ofSubject(subject.digest)).json()).toEqual(EMPTY);
  });

  it("of another repository are not shown", async () => {
    const subject = await subjectOf("elsewhere");
    await pushImage("referrers/other", as, "v1", 6, { subject });
    expect(await (await ofSubject(subject.digest)).json()).toEqual(EMPTY);
  });

  it("of a sha512 subject are found, by its digest escaped as well", async () => {
    const subject = { ...(await subjectOf("long")), digest: await digestOf("long", "sha512") };
    const referrer = await push(await imageText(REPOSITORY, as, 7, { subject }));
    for (const digest of [subject.digest, subject.digest.replace(":", "%3A")]) {
      expect(await (await ofSubject(digest)).json()).toMatchObject({ manifests: [{ digest: referrer.digest }] });
    }
  });

  it.each(["sha256:abc", "latest", "sha256", "%00", `md5:${"0".repeat(32)}`])(
    "are refused for a malformed digest: %s",
    async (digest) => {
      expect(await errorOf(await ofSubject(digest))).toBe("400 DIGEST_INVALID");
    },
  );

  it("keep annotations too long for a row of the database", async () => {
    const subject = await subjectOf("long annotations");
    const annotations = { long: "x".repeat(1_500_000), short: "y" };
    for (const seed of [8, 9, 10, 11]) await push(await imageText(REPOSITORY, as, seed, { subject, annotations }));
    const seen: string[] = [];
    for (let next: string | null = `/v2/${REPOSITORY}/referrers/${subject.digest}`; next !== null;) {
      const answer: Response = await ask(next, { as });
      seen.push(
        ...(await answer.text()).matchAll(/"annotations":\{"long":"(x*)","short":"y"\}/g).map(([, x]) => x ?? ""),
      );
      next = nextPage(answer);
    }
    expect(seen.map(({ length }) => length)).toEqual([1_500_000, 1_500_000, 1_500_000, 1_500_000]);
  });

  it("keep annotations whose manifest is long for another reason", async () => {
    const subject = await subjectOf("padded");
    await push(padded(await imageText(REPOSITORY, as, 12, { subject, annotations: { a: "b" } }), 2_000_000));
    expect(await (await ofSubject(subject.digest)).json()).toMatchObject({ manifests: [{ annotations: { a: "b" } }] });
  });

  it.each(["__proto__", "constructor", "toString"])("keep an annotation called %s", async (key) => {
    const subject = await subjectOf(key);
    await push((await imageText(REPOSITORY, as, 13, { subject })).replace("{", `{"annotations":{"${key}":"v"},`));
    expect(await (await ofSubject(subject.digest)).text()).toContain(`"annotations":{"${key}":"v"}`);
  });
});

describe("filtering referrers", () => {
  it("shows those of the type, and says that it filtered", async () => {
    const subject = await subjectOf("filtered");
    const wanted = await push(await imageText(REPOSITORY, as, 20, { subject, artifactType: "application/a+b" }));
    await push(await imageText(REPOSITORY, as, 21, { subject, artifactType: "application/c" }));
    await push(indexText([], { subject }), OCI_INDEX);
    const answer = await ofSubject(subject.digest, `?artifactType=${encodeURIComponent("application/a+b")}`);
    expect(answer.headers.get("OCI-Filters-Applied")).toBe("artifactType");
    expect(await answer.json()).toMatchObject({ manifests: [{ digest: wanted.digest }] });
  });

  it("does not say so where it was not asked to", async () => {
    const subject = await subjectOf("unfiltered");
    expect((await ofSubject(subject.digest)).headers.get("OCI-Filters-Applied")).toBeNull();
  });

  it("goes by the config's type where that is what is reported", async () => {
    const subject = await subjectOf("filtered by config");
    const wanted = await push(await imageText(REPOSITORY, as, 22, { subject }));
    const answer = await ofSubject(subject.digest, `?artifactType=${encodeURIComponent(CONFIG_TYPE)}`);
    expect(await answer.json()).toMatchObject({ manifests: [{ digest: wanted.digest }] });
  });

  it.each(["application/unknown", "%00", "%ff", "application", "APPLICATION/A%2BB"])(
    "finds nothing of type %j",
    async (type) => {
      const subject = await subjectOf("filtered in vain");
      await push(await imageText(REPOSITORY, as, 23, { subject, artifactType: "application/a+b" }));
      expect(await (await ofSubject(subject.digest, `?artifactType=${type}`)).json()).toEqual(EMPTY);
    },
  );

  it("goes on from page to page", async () => {
    const subject = await subjectOf("filtered in pages");
    const wanted: string[] = [];
    for (let seed = 30; seed < 40; seed++) {
      const artifactType = seed % 2 === 0 ? "application/even; v=1&x" : "application/odd";
      const { digest } = await push(await imageText(REPOSITORY, as, seed, { subject, artifactType }));
      if (seed % 2 === 0) wanted.push(digest);
    }
    const query = new URLSearchParams({ artifactType: "application/even; v=1&x", n: "2" }).toString();
    const seen: string[] = [];
    for (let next: string | null = `/v2/${REPOSITORY}/referrers/${subject.digest}?${query}`; next !== null;) {
      const answer: Response = await ask(next, { as });
      expect(answer.headers.get("OCI-Filters-Applied")).toBe("artifactType");
      seen.push(...(await answer.text()).matchAll(/"digest":"([^"]+)"/g).map(([, digest]) => digest ?? ""));
      next = nextPage(answer);
    }
    expect(seen).toEqual(wanted.toSorted());
  });
});
