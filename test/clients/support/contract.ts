import { beforeAll, describe, expect, it } from "vitest";
import type { Environment } from "../../../harness/live/process.ts";
import { useBench } from "./bench.ts";
import type { Home } from "./home.ts";

/** The abilities of every client, in its own words. */
export interface Client {
  /** Settings that this client alone needs. */
  readonly env?: Environment;
  readonly login: (home: Home, host: string, password: string) => Promise<unknown>;
  /** Pushes new content to a name with a tag, and returns the digest of its manifest. */
  readonly push: (home: Home, name: string) => Promise<string>;
  /** Pulls in a home without the content, checks the bytes, and returns the digest of the manifest. */
  readonly pull: (home: Home, name: string) => Promise<string>;
}

export const refusal = /unauthori[sz]ed|denied|forbidden|insufficient|invalid username|40[13]/i;

const absence = /not ?found|unknown|404/i;

/** Tests the contract of every client: it comes in with a token, and only as far as the token goes. */
export function describeContract(name: string, client: Client): void {
  describe(`${name}, like every client,`, () => {
    const bench = useBench(name, client);
    let publisher: Home;

    beforeAll(async () => {
      publisher = await bench.openHome();
    });

    it("pulls in another place what it pushed", async () => {
      const tagged = bench.space.repository("contract:1.0.0");
      const digest = await client.push(publisher, tagged);
      expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/);
      expect(await client.pull(await bench.openHome(), tagged)).toBe(digest);
    });

    it("is refused with a wrong password", async () => {
      const tagged = bench.space.repository("wrong:1.0.0");
      // Some clients find out only when they use their login.
      const attempt = bench.openHome("wrong").then((stranger) => client.push(stranger, tagged));
      await expect(attempt).rejects.toThrow(refusal);
    });

    it("pulls with a token that may only pull", async () => {
      const tagged = bench.space.repository("readable:1.0.0");
      const digest = await client.push(publisher, tagged);
      const reader = await bench.openHome(await bench.space.token("pull"));
      expect(await client.pull(reader, tagged)).toBe(digest);
    });

    it("cannot push with a token that may only pull", async () => {
      const reader = await bench.openHome(await bench.space.token("pull"));
      await expect(client.push(reader, bench.space.repository("readable:2.0.0"))).rejects.toThrow(refusal);
    });
  });
}

/** Tests clients that can list tags. @param list returns the client's output */
export function describeTagList(
  name: string,
  client: Client,
  list: (home: Home, repository: string) => Promise<string>,
): void {
  describe(`the tag list of ${name}`, () => {
    const bench = useBench(name, client);

    it("lists the tags of a repository in order", async () => {
      const home = await bench.openHome();
      for (const tag of ["2.0.0", "1.0.0"]) await client.push(home, bench.space.repository(`listed:${tag}`));
      const printed = await list(home, bench.space.repository("listed"));
      expect(printed.match(/\b[12]\.0\.0\b/g)).toEqual(["1.0.0", "2.0.0"]);
    });
  });
}

/** Tests clients that can delete. */
export function describeDeletion(
  name: string,
  client: Client,
  remove: (home: Home, tagged: string) => Promise<unknown>,
): void {
  describe(`the deletion of ${name}`, () => {
    const bench = useBench(name, client);

    it("deletes what it pushed", async () => {
      const home = await bench.openHome();
      const tagged = bench.space.repository("deleted:1.0.0");
      await client.push(home, tagged);
      await remove(home, tagged);
      await expect(client.pull(await bench.openHome(), tagged)).rejects.toThrow(absence);
    });

    it("cannot delete with a token that may only push", async () => {
      const tagged = bench.space.repository("kept:1.0.0");
      const digest = await client.push(await bench.openHome(), tagged);
      const pusher = await bench.openHome(await bench.space.token("pull", "push"));
      await expect(remove(pusher, tagged)).rejects.toThrow(refusal);
      expect(await client.pull(await bench.openHome(), tagged)).toBe(digest);
    });
  });
}
