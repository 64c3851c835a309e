/** Tests If-Match and If-None-Match on writes: the transaction that writes decides. */
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { countCalls } from "../support/counting.ts";
import {
  digestOf,
  imageText,
  newBytes,
  newSeed,
  OCI_MANIFEST,
  padded,
  pushBlob,
  pushImage,
} from "../support/content.ts";
import { HARM, hideLog, keyOf, scrubAll } from "../support/damage.ts";
import { ask, errorOf, manage, nextSpace } from "../support/registry.ts";

const ZEROS = `sha256:${"0".repeat(64)}`;
const FAILED = "412 PRECONDITION_FAILED";

hideLog();

let space = "";
let as = "";
let first = { digest: "", text: "" };
let second = { digest: "", text: "" };
let repositories = 0;
let web = "";

beforeAll(async () => {
  ({ space, as } = await nextSpace("conditional"));
});

/** Makes a repository for the test, with a first image under `v1` and a second that is not there yet. */
beforeEach(async () => {
  repositories += 1;
  web = `${space}/web${repositories}`;
  first = await pushImage(web, as, "v1", newSeed());
  const text = await imageText(web, as, newSeed());
  second = { text, digest: await digestOf(text) };
});

type Headers = Readonly<Record<string, string>>;

async function put(reference: string, text: string, headers: Headers): Promise<string> {
  const answer = await ask(`/v2/${web}/manifests/${reference}`, {
    method: "PUT",
    as,
    headers: { "Content-Type": OCI_MANIFEST, ...headers },
    body: text,
  });
  return answer.ok ? String(answer.status) : errorOf(answer);
}

async function remove(path: string, headers: Headers): Promise<string> {
  const answer = await ask(`/v2/${web}/${path}`, { method: "DELETE", as, headers });
  return answer.ok ? String(answer.status) : errorOf(answer);
}

async function digestUnder(reference: string): Promise<string | null> {
  const answer = await ask(`/v2/${web}/manifests/${reference}`, { as, method: "HEAD" });
  return answer.ok ? answer.headers.get("Docker-Content-Digest") : null;
}

/** Fills in headers: `1` stands for the digest of the first image, `2` for that of the second. */
const filled = (headers: Headers, one = first.digest): Headers =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      value.replaceAll("{1}", one).replaceAll("{2}", second.digest),
    ]),
  );

/** Headers, with the results of a push over a tag that has the first image, and of one to a tag that isn't there. */
const CASES: readonly (readonly [Headers, string, string])[] = [
  [{}, "201", "201"],
  [{ "If-None-Match": "*" }, FAILED, "201"],
  [{ "If-None-Match": " * " }, FAILED, "201"],
  [{ "If-None-Match": '"{1}"' }, FAILED, "201"],
  [{ "If-None-Match": 'W/"{1}"' }, FAILED, "201"],
  [{ "If-None-Match": "{1}" }, FAILED, "201"],
  [{ "If-None-Match": '"{2}", "{1}"' }, FAILED, "201"],
  [{ "If-None-Match": '"{2}"' }, "201", "201"],
  [{ "If-None-Match": '"*"' }, "201", "201"],
  [{ "If-None-Match": "*, *" }, FAILED, "201"],
  [{ "If-None-Match": '"{2}", *' }, FAILED, "201"],
  [{ "If-None-Match": 'w/"{1}"' }, FAILED, "201"],
  [{ "If-None-Match": '"{1}' }, FAILED, "201"],
  [{ "If-Match": "*, *" }, "201", FAILED],
  [{ "If-Match": '*, "{2}"' }, FAILED, FAILED],
  [{ "If-Match": '*, "{1}"' }, "201", FAILED],
  [{ "If-Match": "*" }, "201", FAILED],
  [{ "If-Match": '"{1}"' }, "201", FAILED],
  [{ "If-Match": '"{2}" , "{1}"' }, "201", FAILED],
  [{ "If-Match": `"${ZEROS}","{1}",` }, "201", FAILED],
  [{ "If-Match": '"{2}"' }, FAILED, FAILED],
  [{ "If-Match": 'W/"{1}"' }, FAILED, FAILED],
  [{ "If-Match": 'W/"{1}", "{2}"' }, FAILED, FAILED],
  [{ "If-Match": "{1}" }, FAILED, FAILED],
  [{ "If-Match": '"*"' }, FAILED, FAILED],
  [{ "If-Match": "nonsense" }, FAILED, FAILED],
  [{ "If-Match": '"{1}"', "If-None-Match": '"{2}"' }, "201", FAILED],
  [{ "If-Match": '"{1}"', "If-None-Match": '"{1}"' }, FAILED, FAILED],
  [{ "If-Match": "*", "If-None-Match": "*" }, FAILED, FAILED],
];

describe.each(CASES)("a push with %j", (headers, there, absent) => {
  it(`over a tag: ${there}`, async () => {
    expect(await put("v1", second.text, filled(headers))).toBe(there);
    expect(await digestUnder("v1")).toBe(there === "201" ? second.digest : first.digest);
    expect(await digestUnder(second.digest)).toBe(there === "201" ? second.digest : null);
  });

  it(`to a new tag: ${absent}`, async () => {
    expect(await put("v2", second.text, filled(headers))).toBe(absent);
    expect(await digestUnder("v2")).toBe(absent === "201" ? second.digest : null);
  });

  it("by digest, with the tags in the query", async () => {
    expect(await put(`${second.digest}?tag=v1`, second.text, filled(headers))).toBe(there);
    expect(await put(`${second.digest}?tag=v2`, second.text, filled(headers))).toBe(absent);
    const both = there === "201" ? absent : there;
    expect(await put(`${second.digest}?tag=v1&tag=v3`, second.text, filled({}))).toBe("201");
    expect(await put(`${first.digest}?tag=v1`, first.text, {})).toBe("201");
    expect(await put(`v1?tag=v4`, second.text, filled(headers))).toBe(both);
    expect(await digestUnder("v4")).toBe(both === "201" ? second.digest : null);
  });
});

describe("a push by digest alone", () => {
  it.each([
    [{ "If-None-Match": "*" }, FAILED, "201"],
    [{ "If-Match": "*" }, "201", FAILED],
    [{ "If-Match": '"{1}"' }, "201", FAILED],
    [{ "If-None-Match": '"{1}"' }, FAILED, "201"],
    [{ "If-Match": `"${ZEROS}"` }, FAILED, FAILED],
  ])("asks whether the manifest is there: %j", async (headers, there, absent) => {
    expect(await put(first.digest, first.text, filled(headers))).toBe(there);
    expect(await put(second.digest, second.text, filled(headers))).toBe(absent);
  });

  it("that mends what is damaged creates it", async () => {
    const text = padded(await imageText(web, as, newSeed()), 1_000_000);
    const digest = await digestOf(text);
    expect(await put(digest, text, { "If-None-Match": "*" })).toBe("201");
    expect(await put(digest, text, { "If-None-Match": "*" })).toBe(FAILED);
    await HARM["no object"](await keyOf(digest, "manifests"));
    await scrubAll();
    expect(await put(digest, text, { "If-None-Match": "*" })).toBe("201");
    expect(await digestUnder(digest)).toBe(digest);
  });
});

describe("a deletion", () => {
  it.each([
    [{ "If-Match": '"{1}"' }, "202"],
    [{ "If-Match": "*" }, "202"],
    [{ "If-None-Match": '"{2}"' }, "202"],
    [{ "If-Match": '"{2}"' }, FAILED],
    [{ "If-Match": 'W/"{1}"' }, FAILED],
    [{ "If-None-Match": "*" }, FAILED],
    [{ "If-None-Match": '"{1}"' }, FAILED],
  ])("heeds %j, for a tag, a manifest and a blob", async (headers, outcome) => {
    const gone = outcome === "202";
    expect(await remove("manifests/v1", filled(headers))).toBe(outcome);
    expect(await digestUnder("v1")).toBe(gone ? null : first.digest);
    expect(await remove(`manifests/${first.digest}`, filled(headers))).toBe(outcome);
    expect(await digestUnder(first.digest)).toBe(gone ? null : first.digest);
    const blob = await pushBlob(web, as, newBytes(50));
    const own = filled(headers, blob.digest);
    expect(await remove(`blobs/${blob.digest}`, own)).toBe(outcome);
    expect((await ask(`/v2/${web}/blobs/${blob.digest}`, { as })).status).toBe(gone ? 404 : 200);
  });

  it.each([{ "If-Match": "*" }, { "If-Match": `"${ZEROS.replace("0", "1")}"` }, { "If-None-Match": "*" }])(
    "of what is not there says just that: %j",
    async (headers) => {
      expect(await remove("manifests/v9", headers)).toBe("404 MANIFEST_UNKNOWN");
      expect(await remove(`manifests/${ZEROS}`, headers)).toBe("404 MANIFEST_UNKNOWN");
      expect(await remove(`blobs/${ZEROS}`, headers)).toBe("404 BLOB_UNKNOWN");
    },
  );
});

/** Counts the trips of a push of the second image over the first one's tag. */
async function databaseTrips(headers: Headers): Promise<number> {
  const calls = await countCalls(async () => void (await put("v1", second.text, headers)));
  return calls.filter(({ kind }) => kind === "d1").length;
}

describe("a condition", () => {
  it("lets one of several pushes with one If-Match through", async () => {
    const texts = await Promise.all([1, 2, 3, 4, 5].map(() => imageText(web, as, newSeed())));
    const answers = await Promise.all(texts.map((text) => put("v1", text, filled({ "If-Match": '"{1}"' }))));
    expect(answers.toSorted()).toEqual(["201", FAILED, FAILED, FAILED, FAILED]);
    const winner = texts[answers.indexOf("201")] ?? "";
    expect(await digestUnder("v1")).toBe(await digestOf(winner));
  });

  it("lets one of several that create through", async () => {
    const texts = await Promise.all([1, 2, 3].map(() => imageText(web, as, newSeed())));
    const answers = await Promise.all(texts.map((text) => put("new", text, { "If-None-Match": "*" })));
    expect(answers.toSorted()).toEqual(["201", FAILED, FAILED]);
  });

  it("that fails leaves no event and no manifest", async () => {
    const before = await (await manage("GET", `spaces/${space}/events`)).text();
    expect(await put("v1", second.text, { "If-None-Match": "*" })).toBe(FAILED);
    expect(await remove("manifests/v1", { "If-Match": `"${ZEROS}"` })).toBe(FAILED);
    expect(await (await manage("GET", `spaces/${space}/events`)).text()).toBe(before);
  });

  it("holds for the same bytes too, as after an answer that was lost", async () => {
    expect(await put("v2", second.text, { "If-None-Match": "*" })).toBe("201");
    expect(await put("v2", second.text, { "If-None-Match": "*" })).toBe(FAILED);
  });

  it("is told in a sentence that says what to do", async () => {
    const answer = await ask(`/v2/${web}/manifests/v1`, {
      method: "PUT",
      as,
      headers: { "Content-Type": OCI_MANIFEST, "If-None-Match": "*" },
      body: second.text,
    });
    expect(await answer.text()).toContain("it already exists");
  });

  it("makes no repository where it fails", async () => {
    const answer = await ask(`/v2/${space}/none/manifests/v1`, {
      method: "PUT",
      as,
      headers: { "Content-Type": "application/vnd.oci.image.index.v1+json", "If-Match": "*" },
      body: '{"schemaVersion":2,"manifests":[]}',
    });
    expect(await errorOf(answer)).toBe(FAILED);
    expect((await ask(`/v2/${space}/none/tags/list`, { as })).status).toBe(404);
  });

  it("costs no look at the database of its own", async () => {
    expect(await databaseTrips(filled({ "If-Match": '"{1}"' }))).toBe(await databaseTrips({}));
  });
});
