/** What Cloudflare asks for (Workers Paid), past what a month includes. From its documentation, 2026-11. */
interface Price {
  /** Dollars. */
  readonly dollars: number;
  /** For so many units. */
  readonly per: number;
}

const MILLION = 1_000_000;

const PRICES = {
  requests: { dollars: 0.3, per: MILLION },
  classA: { dollars: 4.5, per: MILLION },
  classB: { dollars: 0.36, per: MILLION },
  rowsRead: { dollars: 0.001, per: MILLION },
  rowsWritten: { dollars: 1, per: MILLION },
  objectRequests: { dollars: 0.15, per: MILLION },
  /** Of a Durable Object in memory, which counts as 128 MB. */
  objectGbSeconds: { dollars: 12.5, per: MILLION },
  /** Each message is written, read and deleted. */
  queueOperations: { dollars: 0.4, per: MILLION },
} satisfies Record<string, Price>;

export type Priced = Readonly<Partial<Record<keyof typeof PRICES, number>>>;

const isPriced = (key: string): key is keyof typeof PRICES => Object.hasOwn(PRICES, key);

/** Dollars for one of what uses this. */
export function dollarsOf(used: Priced): number {
  return Object.keys(PRICES)
    .filter(isPriced)
    .reduce((sum, unit) => sum + ((used[unit] ?? 0) * PRICES[unit].dollars) / PRICES[unit].per, 0);
}
