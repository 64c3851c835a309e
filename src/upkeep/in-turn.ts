/** Runs independent steps one after the other. If one fails, the others still run; all failures are thrown together at the end. */
export async function inTurn(steps: readonly (() => Promise<unknown>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const step of steps) {
    try {
      await step();
    } catch (fault) {
      failures.push(fault);
    }
  }
  throwTogether(failures);
}

/** The most messages to show of many failures: most have the same cause. */
const SHOWN = 5;

/** Throws the failures, if there are any: one as it is, several as one error that tells their causes. */
export function throwTogether(failures: readonly unknown[]): void {
  if (failures.length === 0) return;
  if (failures.length === 1) throw failures[0];
  const causes = [...new Set(failures.map(String))].slice(0, SHOWN);
  throw new AggregateError(failures, `${failures.length} failures: ${causes.join("; ")}`);
}
