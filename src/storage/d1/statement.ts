/**
 * Statements whose parameters have names (`:digest`) and whose results come back by name. D1 itself knows
 * only numbers, which are given here in the order in which a text first uses its names.
 */
import type { D1Reader } from "./reader.ts";

/** A parameter's value, as D1 takes it. */
type Value = string | number | null;

/** Values by parameter. A statement may use only some of them. */
export type Values = Readonly<Record<string, Value>>;

/** SQL and the values of its named parameters. */
export interface Statement {
  readonly sql: string;
  readonly values: Values;
}

/** Statements that run as one transaction, in this order; undefined for a name without a statement this time. */
export type Statements = Readonly<Record<string, Statement | undefined>>;

/** The result of each statement, by the statement's name. */
export type Results<S> = {
  readonly [name in keyof S]: undefined extends S[name] ? D1Result | undefined : D1Result;
};

interface Numbered {
  readonly text: string;
  readonly names: readonly string[];
}

/** Numbered texts by their originals. Texts of SQL are constants of this code, so there are only so many. */
const numbered = new Map<string, Numbered>();

/** Quoted text, which is left as it is, or a parameter. */
const PARAMETER = /'(?:[^']|'')*'|:([A-Za-z]\w*)/g;

function number(sql: string): Numbered {
  const known = numbered.get(sql);
  if (known !== undefined) return known;
  const names: string[] = [];
  const text = sql.replaceAll(PARAMETER, (found, name: string | undefined) => {
    if (name === undefined) return found;
    if (!names.includes(name)) names.push(name);
    return `?${names.indexOf(name) + 1}`;
  });
  const made = { text, names };
  numbered.set(sql, made);
  return made;
}

/** Makes D1's statement. Throws if a parameter has no value, which is a fault of the code. */
export function prepare(db: D1Reader, { sql, values }: Statement): D1PreparedStatement {
  const { text, names } = number(sql);
  const bound = names.map((name) => {
    const value = values[name];
    if (value === undefined) throw new Error(`no value for :${name} in ${sql}`);
    return value;
  });
  return db.prepare(text).bind(...bound);
}

/** Runs one statement. */
export function run(db: D1Reader, sql: string, values: Values = {}): Promise<D1Result> {
  return prepare(db, { sql, values }).all();
}

/** Runs the statements as one transaction in one round trip. */
export async function runAll<S extends Statements>(db: D1Reader, statements: S): Promise<Results<S>> {
  const given = Object.entries(statements).flatMap(([name, statement]) =>
    statement === undefined ? [] : [{ name, prepared: prepare(db, statement) }],
  );
  const results = await db.batch(given.map(({ prepared }) => prepared));
  return resultsOf(statements, Object.fromEntries(given.map(({ name }, index) => [name, results[index]])));
}

/** Runs a list of like statements as one transaction; the results come in the list's order. */
export function runList(db: D1Reader, statements: readonly Statement[]): Promise<readonly D1Result[]> {
  return db.batch(statements.map((statement) => prepare(db, statement)));
}

/** SQL texts by name. */
export type Texts = Readonly<Record<string, string>>;

/** Makes statements of texts that share their values. */
export function sharing<T extends Texts>(values: Values, texts: T): { readonly [name in keyof T]: Statement };
export function sharing(values: Values, texts: Texts): Statements {
  return Object.fromEntries(Object.entries(texts).map(([name, sql]) => [name, { sql, values }]));
}

/** Picks the results of these statements. */
export function resultsOf<S extends object>(
  statements: S,
  results: Readonly<Record<string, D1Result | undefined>>,
): Results<S>;
export function resultsOf(
  statements: object,
  results: Readonly<Record<string, D1Result | undefined>>,
): Readonly<Record<string, D1Result | undefined>> {
  return Object.fromEntries(Object.keys(statements).map((name) => [name, results[name]]));
}

/** True if the statement has written rows. */
export function hasWritten(result: D1Result | undefined): boolean {
  return (result?.meta.changes ?? 0) > 0;
}
