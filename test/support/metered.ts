/** A database that notes what each statement cost, as D1 counts and bills it. */
interface Meter {
  queries: number;
  rowsRead: number;
  rowsWritten: number;
  /** Milliseconds within the database. */
  ms: number;
}

export interface Metered {
  readonly db: D1Database;
  /** What was spent since it was last asked. */
  readonly spent: () => Meter;
}

const nothing = (): Meter => ({ queries: 0, rowsRead: 0, rowsWritten: 0, ms: 0 });

export function metered(db: D1Database): Metered {
  let meter = nothing();
  const originals = new WeakMap<D1PreparedStatement, D1PreparedStatement>();
  const note = <T>(result: D1Result<T>): D1Result<T> => {
    meter.queries += 1;
    meter.rowsRead += result.meta.rows_read;
    meter.rowsWritten += result.meta.rows_written;
    meter.ms += result.meta.duration;
    return result;
  };
  const wrap = (statement: D1PreparedStatement): D1PreparedStatement => {
    const proxy = new Proxy(statement, {
      get: (target, property) => {
        if (property === "bind") return (...values: readonly unknown[]) => wrap(target.bind(...values));
        if (property === "all" || property === "run") return async () => note(await target.all());
        return Reflect.get(target, property);
      },
    });
    originals.set(proxy, statement);
    return proxy;
  };
  const within = <T extends D1Database | D1DatabaseSession>(database: T): T =>
    new Proxy(database, {
      get: (target, property) => {
        if (property === "prepare") return (sql: string) => wrap(target.prepare(sql));
        if (property === "batch") {
          return async (statements: readonly D1PreparedStatement[]) =>
            (await target.batch(statements.map((statement) => originals.get(statement) ?? statement))).map(note);
        }
        if (property === "withSession" && "withSession" in target) {
          return (start?: string) => within(target.withSession(start));
        }
        return Reflect.get(target, property);
      },
    });
  return {
    db: within(db),
    spent: () => {
      const sum = meter;
      meter = nothing();
      return sum;
    },
  };
}
