import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { firstRow, rows } from "../../src/storage/d1/rows.ts";
import { hasWritten, prepare, run, runAll, runList, sharing, type Statement } from "../../src/storage/d1/statement.ts";

const one = (text: string): Statement => ({ sql: "SELECT :text AS left, 1 AS right", values: { text } });

const pair = z.object({ left: z.string(), right: z.int() });

describe("a statement", () => {
  it("takes its values by name, however often and in whichever order it uses them", async () => {
    const sql = "SELECT :text || ':number' || :text AS left, :number + :number AS right";
    const result = await run(env.DB, sql, { number: 4, text: "a", unused: null });
    expect(rows(pair, result)).toEqual([{ left: "a:numbera", right: 8 }]);
  });

  it("is refused without a value that it needs", () => {
    expect(() => prepare(env.DB, { sql: "SELECT :missing", values: { other: 1 } })).toThrow("no value for :missing");
  });

  it("tells names from JSON paths, text and casts", async () => {
    const sql = `SELECT :body ->> '$.a:b' || 'it''s :body' AS left, 1 AS right`;
    const result = await run(env.DB, sql, { body: '{"a:b":"x"}' });
    expect(firstRow(pair, result)).toEqual({ left: "xit's :body", right: 1 });
  });
});

describe("statements that run together", () => {
  it("answer by name, without those that are left out", async () => {
    const none: Statement | undefined = undefined;
    const results = await runAll(env.DB, { first: one("a"), none, second: one("b") });
    expect(firstRow(pair, results.first)?.left).toBe("a");
    expect(results.none).toBeUndefined();
    expect(firstRow(pair, results.second)?.left).toBe("b");
  });

  it("share values, and tell whether they have written", async () => {
    const found = "SELECT 1 FROM spaces WHERE name = :name";
    const insert =
      "INSERT INTO spaces (name, created_at) VALUES (:name, 1) ON CONFLICT (name) WHERE deleted_at IS NULL DO NOTHING";
    const texts = { before: found, insert, again: insert, after: found };
    const { before, ...results } = await runAll(env.DB, sharing({ name: "shared" }, texts));
    expect([before.results.length, results.after.results.length]).toEqual([0, 1]);
    expect([hasWritten(results.insert), hasWritten(results.again), hasWritten(undefined)]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it("change nothing if one of them fails", async () => {
    const insert = { sql: "INSERT INTO spaces (name, created_at) VALUES (:name, 1)", values: { name: "together" } };
    await expect(runList(env.DB, [insert, { sql: "SELECT nothing", values: {} }])).rejects.toThrow("nothing");
    const found = await run(env.DB, "SELECT 1 FROM spaces WHERE name = :name", { name: "together" });
    expect(found.results).toEqual([]);
  });
});
