/** The most statements in one round trip. The Free plan has 50 queries for it. */
export const MOST_STATEMENTS = 40;

/**
 * Runs statements in order, in as many round trips as they need. Each round trip is a transaction of its own.
 * @param first statements that each transaction begins with.
 */
export async function batchInSteps(
  db: D1Database,
  statements: readonly D1PreparedStatement[],
  first: readonly D1PreparedStatement[] = [],
): Promise<void> {
  const room = MOST_STATEMENTS - first.length;
  for (let done = 0; done < statements.length; done += room)
    await db.batch([...first, ...statements.slice(done, done + room)]);
}
