/** Matches strings, quoted names, comments and words. */
const TOKEN = /('(?:[^']|'')*'|"[^"]*"|`[^`]*`|--[^\n]*|\/\*[\s\S]*?\*\/)|\b([A-Za-z_]+)\b|;/g;

/** Words by which a splitter of statements may find its way. */
const KEYWORDS = new Set([
  "CREATE",
  "TRIGGER",
  "BEGIN",
  "CASE",
  "END",
  "SELECT",
  "INSERT",
  "UPDATE",
  "DELETE",
  "ALTER",
  "DROP",
  "WITH",
]);

/** The most bytes that D1 takes in one statement. */
const MOST_BYTES = 100_000;

/**
 * Finds everything in a migration that D1's remote query is known to split wrongly or refuse: it splits on
 * the server, by its own rules (docs/decisions/0019).
 */
export function migrationProblems(sql: string): readonly string[] {
  const problems: string[] = [];
  if (sql.startsWith("\uFEFF")) problems.push("begins with a byte order mark");
  if (sql.includes("\r")) problems.push("has a carriage return");
  if (Buffer.byteLength(sql) > MOST_BYTES) problems.push("is longer than a statement may be");
  let isInTrigger = false;
  let isInBody = false;
  let isOpen = false;
  for (const { 0: token, 1: skipped, 2: word } of sql.matchAll(TOKEN)) {
    if (skipped !== undefined) continue;
    isOpen = token !== ";" || isInBody;
    if (word === undefined) continue;
    const keyword = word.toUpperCase();
    if (KEYWORDS.has(keyword) && word !== keyword) problems.push(`has the keyword ${word} in lower case`);
    if (keyword === "TRIGGER") isInTrigger = true;
    if (keyword === "BEGIN") {
      if (!isInTrigger) problems.push("begins a transaction of its own");
      isInBody = true;
    }
    if (keyword === "CASE" && isInBody) problems.push("has a CASE in a trigger");
    if (keyword === "END" && isInBody) [isInTrigger, isInBody] = [false, false];
  }
  if (isOpen) problems.push("does not end with a semicolon");
  return problems;
}
