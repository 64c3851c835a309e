/** Cloudflare's prices (Workers Paid) for usage beyond that included in a month. From its documentation, 2026-11. */
interface Price {
  /** Dollars. */
  readonly dollars: number;
  /** The number of units that the price is for. */
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
  /** The price of a Durable Object's memory; an object counts as 128 MB. */
  objectGbSeconds: { dollars: 12.5, per: MILLION },
  /** A message takes three operations: it is written, read and deleted. */
  queueOperations: { dollars: 0.4, per: MILLION },
} satisfies Record<string, Price>;

export type Priced = Readonly<Partial<Record<keyof typeof PRICES, number>>>;

const isPriced = (key: string): key is keyof typeof PRICES => Object.hasOwn(PRICES, key);

/** Returns the dollars for one push, pull or page with this usage. */
export function dollarsOf(used: Priced): number {
  return Object.keys(PRICES)
    .filter(isPriced)
    .reduce((sum, unit) => sum + ((used[unit] ?? 0) * PRICES[unit].dollars) / PRICES[unit].per, 0);
}
