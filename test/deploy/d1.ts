import type { DatabaseSync } from "node:sqlite";

/** The tokens that a splitter of statements looks at. */
const TOKEN = /'(?:[^']|'')*'|"[^"]*"|--[^\n]*|\/\*[\s\S]*?\*\/|\bBEGIN\b|\bEND\b|;|\r/g;

/**
 * Splits SQL as D1's remote query does, with the weaknesses that people have reported: it knows a trigger's body by an upper-case
 * BEGIN, takes the first END for its end, and stumbles over carriage returns.
 */
export function splitAsD1(sql: string): readonly string[] {
  const statements: string[] = [];
  let from = 0;
  let isInBody = false;
  for (const { 0: token, index } of sql.matchAll(TOKEN)) {
    if (token === "\r") throw new Error('unrecognized token: "\\r"');
    if (token === "BEGIN") isInBody = true;
    if (token === "END") isInBody = false;
    if (token !== ";" || isInBody) continue;
    statements.push(sql.slice(from, index));
    from = index + 1;
  }
  return [...statements, sql.slice(from)].filter((one) => one.replaceAll(/--[^\n]*/g, "").trim() !== "");
}

/** Runs SQL in one transaction. Returns the rows of each statement. */
export function runAsD1(db: DatabaseSync, sql: string): readonly (readonly unknown[])[] {
  db.exec("BEGIN");
  try {
    const results = splitAsD1(sql).map((statement) => db.prepare(statement).all());
    db.exec("COMMIT");
    return results;
  } catch (error) {
    db.exec("ROLLBACK");
    throw error;
  }
}
