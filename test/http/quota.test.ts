import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import type { Digest } from "../../src/oci/digest.ts";
import {
  bytesOf,
  digestOf,
  imageText,
  indexText,
  OCI_INDEX,
  padded,
  pushBlob,
  pushImage,
  putManifest,
  startSession,
} from "../support/content.ts";
import { countCalls } from "../support/counting.ts";
import { HARM, hideLog, keyOf, scrubAll } from "../support/damage.ts";
import { expectCountersToBeRight } from "../support/recount.ts";
import { ask, makeSpace, manage, nextSpace } from "../support/registry.ts";
import { finish, isReadable, offsetOf, patch } from "../support/upload.ts";

let space = "";
let as = "";

beforeEach(async () => {
  ({ space, as } = await nextSpace("full"));
});

const INDEX = indexText([]);

const errors = z.object({
  errors: z.tuple([z.object({ code: z.string(), message: z.string(), detail: z.unknown() })]),
});

async function setQuota(quota: object): Promise<void> {
  expect((await manage("PATCH", `spaces/${space}`, { quota })).status).toBe(200);
}

async function usage(): Promise<unknown> {
  return z.object({ usage: z.unknown() }).parse(await (await manage("GET", `spaces/${space}`)).json()).usage;
}

/** Returns the message of a refusal for lack of room; fails on any other answer. */
async function refusal(answer: Response): Promise<string> {
  const { code, message } = errors.parse(await answer.json()).errors[0];
  expect([answer.status, code]).toEqual([403, "DENIED"]);
  return message;
}

/** The statuses of two requests of which one fits. */
const ONE_OF_TWO = [
  [201, 403],
  [403, 201],
];

function post(path: string, query: string, body: Uint8Array | null = null): Promise<Response> {
  return ask(`/v2/${space}/${path}/blobs/uploads/${query}`, { method: "POST", as, body });
}

describe("a space without room", () => {
  beforeEach(async () => {
    await pushBlob(`${space}/web`, as, bytesOf(900, 1));
    await setQuota({ bytes: 1000 });
  });

  it("refuses a blob whose length is known, before it takes any of it, and says what to do", async () => {
    const body = bytesOf(101, 2);
    const answer = await post("web", `?digest=${await digestOf(body)}`, body);
    expect(await refusal(answer)).toBe(
      "the space would exceed its limit: it has 900 B of 1.0 kB; delete what is not needed, or ask the registry's administrator for more",
    );
    expect(await usage()).toEqual({ bytes: 900, repositories: 1 });
  });

  it("takes what fits exactly", async () => {
    const body = bytesOf(100, 2);
    expect((await post("web", `?digest=${await digestOf(body)}`, body)).status).toBe(201);
    expect(await usage()).toEqual({ bytes: 1000, repositories: 1 });
  });

  it("tells of the figures in the refusal's detail", async () => {
    const body = bytesOf(101, 2);
    const answer = await post("web", `?digest=${await digestOf(body)}`, body);
    expect(errors.parse(await answer.json()).errors[0].detail).toEqual({
      usage: { bytes: 900, repositories: 1 },
      quota: { bytes: 1000, repositories: null },
    });
  });

  it("refuses a body that ends a session, before it takes any of it", async () => {
    const body = bytesOf(101, 2);
    const session = await startSession(`${space}/web`, as);
    expect(await refusal(await finish(session, as, await digestOf(body), body))).toContain("100 B were free when");
    expect(await offsetOf(session, as)).toBe(0);
  });

  it.each(["-999999999-", "-"])("knows no session whose address was changed to have the room %j", async (room) => {
    const session = await startSession(`${space}/web`, as);
    const changed = session.replace(/-100-(?=[0-9a-f]{64}$)/, room);
    expect(changed).not.toBe(session);
    expect((await patch(changed, as, bytesOf(101))).status).toBe(404);
  });

  it("refuses the chunk that is too many, and ends its session", async () => {
    const session = await startSession(`${space}/web`, as);
    expect((await patch(session, as, bytesOf(60), { at: 0 })).status).toBe(202);
    expect(await refusal(await patch(session, as, bytesOf(60), { at: 60 }))).toContain("100 B were free when");
    expect(await offsetOf(session, as)).toBeNull();
  });

  it("refuses a chunk of unknown length that is too long", async () => {
    const session = await startSession(`${space}/web`, as);
    expect(await refusal(await patch(session, as, bytesOf(101), { chunked: true }))).toContain("100 B were free when");
  });

  it("refuses at the end what found room at the start, and by then there is none", async () => {
    const body = bytesOf(100, 2);
    const session = await startSession(`${space}/web`, as);
    expect((await patch(session, as, body)).status).toBe(202);
    await setQuota({ bytes: 950 });
    expect(await refusal(await finish(session, as, await digestOf(body)))).toContain("it has 900 B");
    expect(await isReadable(`${space}/web`, as, await digestOf(body))).toBe(false);
    await expectCountersToBeRight();
  });

  it("lets one of two pass that end at once, where only one has room", async () => {
    const bodies = [bytesOf(80, 2), bytesOf(80, 3)];
    const sessions = await Promise.all(bodies.map(() => startSession(`${space}/web`, as)));
    const answers = await Promise.all(
      bodies.map(async (body, index) => finish(sessions[index] ?? "", as, await digestOf(body), body)),
    );
    expect(answers.map(({ status }) => status)).toBeOneOf(ONE_OF_TWO);
    expect(await usage()).toEqual({ bytes: 980, repositories: 1 });
    await expectCountersToBeRight();
  });

  it("refuses a mount that does not fit", async () => {
    const { digest } = await pushBlob(`${space}/web`, as, bytesOf(60, 2));
    expect(await refusal(await post("api", `?mount=${digest}&from=${space}/web`))).toContain("960 B of 1.0 kB");
    expect(await refusal(await post("api", `?mount=${digest}`))).toContain("960 B of 1.0 kB");
    expect(await usage()).toEqual({ bytes: 960, repositories: 1 });
  });

  it("refuses a manifest that does not fit, short or long, and its tag", async () => {
    await setQuota({ bytes: null });
    const text = await imageText(`${space}/web`, as);
    const { bytes } = z.object({ bytes: z.int() }).parse(await usage());
    await setQuota({ bytes: bytes + text.length - 1 });
    expect(await refusal(await putManifest(`${space}/web`, as, "latest", text))).toContain(
      "the space would exceed its limit",
    );
    expect(await refusal(await putManifest(`${space}/web`, as, "latest", padded(text, 1_000_000)))).toContain("space");
    expect((await ask(`/v2/${space}/web/manifests/latest`, { as })).status).toBe(404);
    await setQuota({ bytes: bytes + text.length });
    expect((await putManifest(`${space}/web`, as, "latest", text)).status).toBe(201);
    await expectCountersToBeRight();
  });
});

describe("a manifest that lacks content, where there is no room either", () => {
  it.each([500, 1_000_000])("is refused for what it lacks, where it has %i bytes", async (length) => {
    const lacking = JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_INDEX,
      manifests: [{ mediaType: OCI_INDEX, digest: `sha256:${"0".repeat(64)}`, size: 2 }],
    });
    await setQuota({ bytes: 0, repositories: 0 });
    const answer = await putManifest(`${space}/new`, as, "latest", padded(lacking, length), OCI_INDEX);
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining("MANIFEST_BLOB_UNKNOWN")]);
  });
});

/** Returns the keys of objects that no row points to. */
async function orphans(): Promise<readonly string[]> {
  const { results } = await env.DB.prepare("SELECT key FROM blobs UNION SELECT key FROM manifests").all();
  const known = new Set(results.map(({ key }) => key));
  return (await env.BLOBS.list()).objects.map(({ key }) => key).filter((key) => !known.has(key));
}

describe("bytes that were refused for want of room", () => {
  it.each<[string, () => Promise<Response>]>([
    [
      "a manifest too long for a row",
      () => putManifest(`${space}/web`, as, "latest", padded(INDEX, 1_000_000), OCI_INDEX),
    ],
    [
      "a blob for which there was room when it began",
      async () => {
        const session = await startSession(`${space}/web`, as);
        await pushBlob(`${space}/web`, as, bytesOf(60, 3));
        return finish(session, as, await digestOf(bytesOf(60, 4)), bytesOf(60, 4));
      },
    ],
  ])("are not kept: %s", async (_, push) => {
    await setQuota({ bytes: 100 });
    const before = await orphans();
    const calls = await countCalls(async () => void (await refusal(await push())));
    expect(calls.map(({ name }) => name)).toContain("R2 put");
    expect(await orphans()).toEqual(before);
  });
});

describe("a full space", () => {
  const body = bytesOf(500, 1);

  beforeEach(async () => {
    await pushImage(`${space}/web`, as, "latest", 7);
    await pushBlob(`${space}/web`, as, body);
    // Less than there is already: nothing goes, and nothing can be added.
    await setQuota({ bytes: 400 });
  });

  it("refuses to begin an upload of whatever length", async () => {
    expect(await refusal(await post("web", ""))).toContain("B of 400 B");
  });

  it("goes on with all that adds nothing: pulls, tags, blobs and manifests that are there", async () => {
    expect(await isReadable(`${space}/web`, as, await digestOf(body))).toBe(true);
    const text = await (await ask(`/v2/${space}/web/manifests/latest`, { as })).text();
    expect((await putManifest(`${space}/web`, as, "other", text)).status).toBe(201);
    const mount = `?mount=${await digestOf(body)}&from=${space}/web`;
    expect((await post("web", mount)).status).toBe(201);
    expect((await ask(`/v2/${space}/web/manifests/other`, { method: "DELETE", as })).status).toBe(202);
  });

  describe("in which a blob is damaged", () => {
    hideLog();

    beforeEach(async () => {
      await HARM["other bytes"](await keyOf(await digestOf(body)));
      await scrubAll();
    });

    it.each<[string, (digest: Digest) => Promise<Response>]>([
      ["at once", (digest) => post("web", `?digest=${digest}`, body)],
      ["in a session", async (digest) => finish(await startSession(`${space}/web`, as), as, digest, body)],
      [
        "in chunks",
        async (digest) => {
          const session = await startSession(`${space}/web`, as);
          await patch(session, as, body.subarray(0, 200), { at: 0 });
          return finish(session, as, digest, body.subarray(200), { at: 200 });
        },
      ],
    ])("takes it again, since it needs no room: %s", async (_, push) => {
      const digest = await digestOf(body);
      expect(await isReadable(`${space}/web`, as, digest)).toBe(false);
      expect((await push(digest)).status).toBe(201);
      expect(await isReadable(`${space}/web`, as, digest)).toBe(true);
      expect((await post("web", "")).status).toBe(403);
      await expectCountersToBeRight();
    });

    it("takes nothing else, and not the blob to another repository", async () => {
      const other = bytesOf(10, 5);
      expect(await refusal(await post("web", `?digest=${await digestOf(other)}`, other))).toContain("of 400 B");
      expect(await refusal(await post("api", `?digest=${await digestOf(body)}`, body))).toContain("of 400 B");
      expect(await isReadable(`${space}/web`, as, await digestOf(other))).toBe(false);
      await expectCountersToBeRight();
    });
  });

  it("has room again for what was deleted", async () => {
    await ask(`/v2/${space}/web/blobs/${await digestOf(body)}`, { method: "DELETE", as });
    const { bytes } = z.object({ bytes: z.int() }).parse(await usage());
    await setQuota({ bytes: bytes + 500 });
    expect((await post("web", `?digest=${await digestOf(body)}`, body)).status).toBe(201);
    expect((await post("web", "")).status).toBe(403);
    await manage("DELETE", `spaces/${space}/repositories/web`);
    expect((await post("web", "")).status).toBe(202);
  });

  it("leaves other spaces alone", async () => {
    const other = await makeSpace(`${space}-other`);
    await pushImage(`${space}-other/web`, other, "latest");
    expect((await ask(`/v2/${space}-other/web/manifests/latest`, { as: other })).status).toBe(200);
  });
});

describe("a space with all the repositories that it may have", () => {
  beforeEach(async () => {
    await pushBlob(`${space}/web`, as, bytesOf(10));
    await setQuota({ repositories: 1 });
  });

  it("refuses whatever would make another, by any route, and says what to do", async () => {
    const body = bytesOf(10);
    const digest = await digestOf(body);
    const sentence =
      "the space would exceed its limit: it has 1 of 1 repository; push to an existing one, delete one, or ask the registry's administrator for more";
    expect(await refusal(await post("api", ""))).toBe(sentence);
    expect(await refusal(await post("api", `?digest=${digest}`, body))).toBe(sentence);
    expect(await refusal(await post("api", `?mount=${digest}&from=${space}/web`))).toBe(sentence);
    expect(await refusal(await putManifest(`${space}/api`, as, "latest", INDEX, OCI_INDEX))).toBe(sentence);
    expect(await usage()).toEqual({ bytes: 10, repositories: 1 });
  });

  it("takes pushes to those that are there, and another once one is deleted", async () => {
    await pushImage(`${space}/web`, as, "latest");
    await manage("DELETE", `spaces/${space}/repositories/web`);
    await pushImage(`${space}/api`, as, "latest");
    await expectCountersToBeRight();
  });

  it("lets one of two new ones pass that come at once", async () => {
    await setQuota({ repositories: 2 });
    const sessions = await Promise.all(["api", "job"].map((path) => startSession(`${space}/${path}`, as)));
    const body = bytesOf(10);
    const digest = await digestOf(body);
    const answers = await Promise.all(sessions.map((session) => finish(session, as, digest, body)));
    expect(answers.map(({ status }) => status)).toBeOneOf(ONE_OF_TWO);
    await expectCountersToBeRight();
  });
});

describe("the undoing of a deletion", () => {
  it.each([{ bytes: 100 }, { repositories: 0 }])(
    "is refused where the space may not have so much: %o",
    async (quota) => {
      await pushImage(`${space}/web`, as, "latest");
      await manage("DELETE", `spaces/${space}/repositories/web`);
      await setQuota(quota);
      const undelete = (): Promise<Response> =>
        manage("POST", `spaces/${space}/deleted:undelete`, { repository: "web" });
      const refused = await undelete();
      expect([refused.status, await refused.json()]).toMatchObject([
        403,
        { code: "DENIED", detail: expect.stringMatching(/it has 0( B)? of (100 B|0 repositories); /) },
      ]);
      expect(await usage()).toEqual({ bytes: 0, repositories: 0 });
      await setQuota({ bytes: null, repositories: null });
      expect((await undelete()).status).toBe(200);
      expect((await ask(`/v2/${space}/web/manifests/latest`, { as })).status).toBe(200);
      await expectCountersToBeRight();
    },
  );

  it("of a manifest is refused with the figures", async () => {
    const { digest } = await pushImage(`${space}/web`, as, "latest");
    await ask(`/v2/${space}/web/manifests/${digest}`, { method: "DELETE", as });
    await setQuota({ bytes: 10 });
    const refused = await manage("POST", `spaces/${space}/deleted:undelete`, { repository: "web", digest });
    expect([refused.status, await refused.text()]).toEqual([403, expect.stringContaining("of 10 B")]);
    await expectCountersToBeRight();
  });
});

describe("a space near its limit", () => {
  const WARNING =
    '299 - "the space has 900 B of 1.0 kB; delete what is not needed, or ask the registry\'s administrator for more"';

  it("warns whoever begins an upload, ends one, or pushes a manifest", async () => {
    const text = await imageText(`${space}/web`, as);
    const { bytes } = z.object({ bytes: z.int() }).parse(await usage());
    await pushBlob(`${space}/web`, as, bytesOf(899 - bytes - text.length, 9));
    await setQuota({ bytes: 1000 });
    const warnings: (string | null)[] = [];
    const note = (answer: Response): string => {
      warnings.push(answer.headers.get("Warning"));
      return answer.headers.get("Location") ?? "";
    };
    note(await putManifest(`${space}/web`, as, "latest", text));
    const session = note(await post("web", ""));
    note(await finish(session, as, await digestOf(bytesOf(1)), bytesOf(1)));
    note(await post("web", ""));
    note(await post("web", `?digest=${await digestOf(bytesOf(1))}`, bytesOf(1)));
    note(await putManifest(`${space}/web`, as, "other", text));
    expect(warnings).toEqual([null, null, WARNING, WARNING, WARNING, WARNING]);
    expect((await ask(`/v2/${space}/web/manifests/latest`, { as })).headers.has("Warning")).toBe(false);
  });

  it("says so of both limits", async () => {
    await pushBlob(`${space}/web`, as, bytesOf(95));
    await setQuota({ bytes: 100, repositories: 1 });
    const { headers } = await post("web", "");
    expect(headers.get("Warning")).toMatch(/^299 - "the space has 95 B of 100 B, and 1 of 1 repository; delete/);
  });
});
