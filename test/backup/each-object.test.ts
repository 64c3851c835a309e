import { expect, it } from "vitest";
import { eachObject, type Outcome } from "../../scripts/backup/each-object.ts";
import { parseObject, type StoredObject } from "../../scripts/backup/files.ts";
import { digestOf } from "./registry.ts";

async function* objects(...keys: readonly string[]): AsyncGenerator<StoredObject> {
  for (const key of keys) yield parseObject({ key, digest: digestOf(key), size: 1 });
}

it("tries an object three times when its copying breaks off, and goes on with the others", async () => {
  const tries = new Map<string, number>();
  const copy = async ({ key }: StoredObject): Promise<Outcome> => {
    const count = (tries.get(key) ?? 0) + 1;
    tries.set(key, count);
    if (key === "blobs/never" || (key === "blobs/late" && count < 3)) throw new Error("the connection broke");
    return key === "blobs/there" ? "there" : "copied";
  };
  const listed = objects("blobs/never", "blobs/late", "blobs/there", "blobs/one", "blobs/two");
  const tally = await eachObject(listed, { count: 5, bytes: 5 }, copy);
  const problem = `${digestOf("blobs/never")} (blobs/never): Error: the connection broke`;
  expect(tally).toEqual({ there: 1, copied: 3, problems: [problem] });
  expect(Object.fromEntries(tries)).toMatchObject({ "blobs/never": 3, "blobs/late": 3, "blobs/one": 1 });
});

it("takes no key that leads out of the backup", () => {
  for (const key of ["../secret", "blobs/../../x", "/etc/x", "blobs//x", ""])
    expect(() => parseObject({ key, digest: digestOf("x"), size: 1 })).toThrow("key");
});
