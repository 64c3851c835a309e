import { expect, it } from "vitest";
import { rotateSigningKeys } from "../../scripts/deploy/signing-keys.ts";
import { generateSigningKeys } from "../../scripts/secrets.ts";
import { signingKeys } from "../../src/auth/keys.ts";

const day = (days: number): Date => new Date(Date.UTC(2026, 0, 1) + days * 86_400_000);

/** Returns the ids of the keys in a setting, as the registry reads it. */
async function kidsIn(setting: string): Promise<readonly string[]> {
  return [...(await signingKeys(setting)).verifying.keys()];
}

it("puts a new key in front, and keeps the old one for as long as what it signed may be good", async () => {
  const first = await generateSigningKeys(day(0));
  const second = await rotateSigningKeys(first, day(700));
  const [old] = await kidsIn(first);
  const { current, verifying } = await signingKeys(second);
  expect(current.kid).toMatch(/^2027-/);
  expect([...verifying.keys()]).toEqual([current.kid, old]);
  // It signed until its successor was made, so the successor's age counts.
  expect(await kidsIn(await rotateSigningKeys(second, day(700 + 399)))).toHaveLength(3);
  expect(await kidsIn(await rotateSigningKeys(second, day(700 + 401)))).toEqual([
    expect.stringMatching(/^2029-/),
    current.kid,
  ]);
});

it("keeps within what a secret of a Worker may have, however often it is rotated", async () => {
  let setting: string | undefined;
  for (let times = 0; times < 30; times += 1) setting = await rotateSigningKeys(setting, day(times));
  expect(setting?.length).toBeLessThan(5000);
  expect(await kidsIn(setting ?? "")).toContainEqual(expect.stringMatching(/^2026-01-30/));
});
