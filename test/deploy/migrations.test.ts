import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, it } from "vitest";
import { runAsD1 } from "./d1.ts";
import { migrationProblems } from "./migration-rules.ts";

const directory = resolve(import.meta.dirname, "../../migrations");
const names = readdirSync(directory)
  .filter((name) => name.endsWith(".sql"))
  .toSorted();

it.each(names)("%s is of a form that D1 does not split wrongly", (name) => {
  expect(migrationProblems(readFileSync(join(directory, name), "utf8"))).toEqual([]);
});

const schema = (db: DatabaseSync): unknown =>
  db.prepare("SELECT type, name, sql FROM sqlite_schema ORDER BY name").all();

it("they make the same tables whether they are split as D1 does it or run whole", () => {
  const [split, whole] = [new DatabaseSync(":memory:"), new DatabaseSync(":memory:")];
  for (const name of names) {
    const sql = readFileSync(join(directory, name), "utf8");
    runAsD1(split, sql);
    whole.exec(sql);
  }
  expect(schema(split)).toEqual(schema(whole));
});

it.each([
  ["a byte order mark", "\uFEFFCREATE TABLE a (b);"],
  ["a carriage return", "CREATE TABLE a (b);\r\n"],
  ["lower case", "CREATE TRIGGER a AFTER INSERT ON b begin SELECT 1; END;"],
  ["a CASE in a trigger", "CREATE TRIGGER a AFTER INSERT ON b BEGIN SELECT CASE WHEN 1 THEN 2 END; END;"],
  ["a transaction of its own", "BEGIN; CREATE TABLE a (b); END;"],
  ["no semicolon at its end", "CREATE TABLE a (b)"],
])("the rules refuse %s", (_, sql) => {
  expect(migrationProblems(sql)).not.toEqual([]);
});

it.each([
  ["words in texts, names and comments", "CREATE TABLE \"begin\" (b TEXT DEFAULT 'case end'); -- select\n/* end */"],
  ["a CASE outside of triggers", "CREATE VIEW a AS SELECT CASE WHEN 1 THEN 2 END;"],
  ["a trigger with several statements", "CREATE TRIGGER a AFTER INSERT ON b BEGIN SELECT 1; DELETE FROM b; END;\n"],
])("the rules take %s", (_, sql) => {
  expect(migrationProblems(sql)).toEqual([]);
});
