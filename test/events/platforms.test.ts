import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { processMessage } from "../../src/events/process.ts";
import type { Processing } from "../../src/events/processing.ts";
import { MAX_IMAGE_CONFIG_BYTES } from "../../src/oci/image-config.ts";
import { imageText, newSeed, padded, pushBlob, pushImage, putManifest } from "../support/content.ts";
import { HARM, keyOf } from "../support/damage.ts";
import { deliveriesOf, eventsOf, makeTarget, makeTrigger } from "../support/deploy.ts";
import { drain, event, openWorkshop, processingOf, tagEventsOf, type Workshop } from "../support/processing.ts";
import { ask, manage } from "../support/registry.ts";

/** A single image's platform is in its config, which the consumer of its event reads. */

const CONFIG = "application/vnd.oci.image.config.v1+json";
/** SQLite reads a thousand levels. */
const DEEP = `${"[".repeat(1500)}${"]".repeat(1500)}`;
const AMD64 = '{"os":"linux","architecture":"amd64"}';

let shop: Workshop;
/** Keys of the configs that were read. */
let reads: string[];

beforeEach(async () => {
  shop = await openWorkshop("platforms");
  reads = [];
});

function processing(): Processing {
  const all = processingOf(shop);
  return {
    ...all,
    readConfig: (object) => {
      reads.push(object.key);
      return all.readConfig(object);
    },
  };
}

/** Pushes an image with this config under a tag. Returns the config's digest. */
async function pushWith(tag: string, config: string, type = CONFIG): Promise<string> {
  const name = `${shop.space}/web`;
  const descriptor = await pushBlob(name, shop.as, new TextEncoder().encode(config), type);
  await pushImage(name, shop.as, tag, newSeed(), { config: descriptor });
  return descriptor.digest;
}

/** Processes the newest of the tags' events. */
async function take(): Promise<void> {
  await processMessage(processing(), event((await tagEventsOf(shop.space)).at(-1) ?? ""));
}

async function expectNoPlatform(): Promise<void> {
  await take();
  expect(await listed()).toEqual({ "1.0": [] });
  expect(await eventsOf(shop.space)).toMatchObject([{ triggers: [] }]);
  expect(reads).toEqual([]);
}

const tagList = z.object({ items: z.array(z.object({ name: z.string(), platforms: z.array(z.string()) })) });

async function listed(): Promise<Record<string, readonly string[]>> {
  const answer = await manage("GET", `spaces/${shop.space}/repositories/web/tags`);
  return Object.fromEntries(tagList.parse(await answer.json()).items.map(({ name, platforms }) => [name, platforms]));
}

describe("the platform of a single image", () => {
  it("is in the list of tags, in the push and in what a receiver gets, once the push was taken", async () => {
    await makeTrigger(shop.space, [(await makeTarget(shop.space, "https://receiver.example.com/")).id]);
    await pushWith("1.0", '{"os":"linux","architecture":"arm","variant":"v7"}');
    expect(await listed()).toEqual({ "1.0": [] });
    await take();
    await drain(shop);
    expect(await listed()).toEqual({ "1.0": ["linux/arm/v7"] });
    expect(await eventsOf(shop.space)).toMatchObject([{ data: { platforms: ["linux/arm/v7"] } }]);
    expect(JSON.parse(shop.sent[0]?.body ?? "{}")).toMatchObject({ data: { platforms: ["linux/arm/v7"] } });
  });

  it("counts for triggers", async () => {
    const { id } = await makeTarget(shop.space, "https://receiver.example.com/");
    const [fires, waits] = await Promise.all(
      ["linux/amd64", "linux/arm64"].map((platform) =>
        makeTrigger(shop.space, [id], { platforms: { all: [platform] } }, { name: platform.replace("/", "-") }),
      ),
    );
    await pushWith("1.0", AMD64);
    await take();
    expect((await deliveriesOf(shop.space, `?trigger=${fires?.id}`)).length).toBe(1);
    expect(await deliveriesOf(shop.space, `?trigger=${waits?.id}`)).toEqual([]);
  });

  it("is read once, whatever tags the image gets", async () => {
    const digest = await pushWith("1.0", AMD64);
    await take();
    expect(reads).toEqual([await keyOf(digest)]);
    const found = await ask(`/v2/${shop.space}/web/manifests/1.0`, { as: shop.as });
    await putManifest(`${shop.space}/web`, shop.as, "latest", await found.text());
    await take();
    await take();
    expect(reads.length).toBe(1);
    expect(await listed()).toEqual({ "1.0": ["linux/amd64"], latest: ["linux/amd64"] });
  });

  it("reaches a push that was written before it was read", async () => {
    await pushWith("1.0", AMD64);
    const found = await ask(`/v2/${shop.space}/web/manifests/1.0`, { as: shop.as });
    await putManifest(`${shop.space}/web`, shop.as, "latest", await found.text());
    const [first = "", second = ""] = await tagEventsOf(shop.space);
    await makeTrigger(shop.space, [(await makeTarget(shop.space, "https://receiver.example.com/")).id]);
    for (const id of [first, second]) await processMessage(processing(), event(id));
    await drain(shop);
    const sent: unknown[] = shop.sent.map(({ body }) => JSON.parse(body ?? "{}"));
    expect(sent).toMatchObject([{ data: { platforms: ["linux/amd64"] } }, { data: { platforms: ["linux/amd64"] } }]);
    expect(reads.length).toBe(1);
  });

  it("stays with an image that was deleted and brought back", async () => {
    await pushWith("1.0", AMD64);
    await take();
    const found = await ask(`/v2/${shop.space}/web/manifests/1.0`, { as: shop.as });
    const digest = found.headers.get("Docker-Content-Digest") ?? "";
    expect((await ask(`/v2/${shop.space}/web/manifests/${digest}`, { method: "DELETE", as: shop.as })).status).toBe(
      202,
    );
    expect((await manage("POST", `spaces/${shop.space}/deleted:undelete`, { repository: "web", digest })).status).toBe(
      200,
    );
    await putManifest(`${shop.space}/web`, shop.as, "again", await found.text());
    expect(await listed()).toMatchObject({ again: ["linux/amd64"] });
  });

  it("stays where another consumer of the same push finds the config gone", async () => {
    await pushWith("1.0", AMD64);
    const [first = ""] = await tagEventsOf(shop.space);
    const late: Processing = {
      ...processing(),
      readConfig: async () => {
        await take();
        return null;
      },
    };
    await processMessage(late, event(first));
    expect(await listed()).toEqual({ "1.0": ["linux/amd64"] });
    expect(await eventsOf(shop.space)).toMatchObject([{ data: { platforms: ["linux/amd64"] } }]);
  });

  it("is asked for again where the config cannot be read just now, and no trigger is decided without it", async () => {
    const { id } = await makeTarget(shop.space, "https://receiver.example.com/");
    await makeTrigger(shop.space, [id], { platforms: { all: ["linux/amd64"] } });
    await pushWith("1.0", AMD64);
    const [first = ""] = await tagEventsOf(shop.space);
    const broken: Processing = { ...processing(), readConfig: () => Promise.reject(new Error("injected")) };
    await expect(processMessage(broken, event(first))).rejects.toThrow("injected");
    expect(await deliveriesOf(shop.space)).toEqual([]);
    await take();
    expect((await deliveriesOf(shop.space)).length).toBe(1);
  });
});

describe("an image of which no platform can be told", () => {
  it.each([
    ["whose config says nothing of it", "{}", CONFIG, 1],
    ["whose config is no JSON", "nonsense", CONFIG, 1],
    ["whose config is longer than any builder's", AMD64.padEnd(MAX_IMAGE_CONFIG_BYTES + 1), CONFIG, 0],
    ["which is an artifact of another kind", AMD64, "application/vnd.cncf.helm.config.v1+json", 0],
  ])("%s: the push is taken all the same", async (_, config, type, count) => {
    await pushWith("1.0", config, type);
    await take();
    expect(await listed()).toEqual({ "1.0": [] });
    expect(reads.length).toBe(count);
  });

  it.each(["no object", "fewer bytes", "other bytes"] as const)(
    "whose config has %s: the push is taken all the same",
    async (harm) => {
      const digest = await pushWith("1.0", `{"os":"linux","architecture":"amd64","for":"${shop.space}"}`);
      await HARM[harm](await keyOf(digest));
      await take();
      expect(await listed()).toEqual({ "1.0": [] });
      expect(await eventsOf(shop.space)).toMatchObject([{ triggers: [] }]);
      expect(reads.length).toBe(1);
    },
  );

  it("with a manifest too long for a row: the push is taken all the same", async () => {
    const name = `${shop.space}/web`;
    const text = padded(await imageText(name, shop.as), 2_000_000);
    expect((await putManifest(name, shop.as, "1.0", text)).status).toBe(201);
    await expectNoPlatform();
  });

  it("with a manifest of before the limits, of JSON that is deeper than the database reads: the push is taken all the same", async () => {
    const name = `${shop.space}/web`;
    const text = await imageText(name, shop.as);
    expect((await putManifest(name, shop.as, "1.0", text)).status).toBe(201);
    const deep = `{"a":${DEEP},${text.slice(1)}`;
    await env.DB.prepare("UPDATE manifests SET body = ?2 WHERE body = ?1").bind(text, deep).run();
    await expectNoPlatform();
  });
});
