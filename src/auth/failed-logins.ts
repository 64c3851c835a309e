/** Failed logins: the networks that they come from, and the refusals that follow. */
import { RegistryError } from "../oci/errors.ts";

export interface FailedLogins {
  /** Throws LOGINS_LIMITED if so many logins failed lately that no further guess is checked. */
  requireOpen(): void;
  /** Counts a failed login. Throws LOGINS_LIMITED if there were too many. */
  count(): Promise<void>;
}

/** Seconds, as `[[ratelimits]]` in wrangler.toml sets it. */
const PERIOD = 60;

/** The most addresses that an isolate remembers. */
const MAX_ADDRESSES = 1000;

/** Milliseconds after which failures are noted, even if there are few. */
const NOTED_EVERY = 60_000;

interface Failures {
  /** Failures that are not noted yet. */
  pending: number;
  /** Number of failures to note at once next. */
  step: number;
  notedAt: number;
  limitedUntil: number;
}

interface FailureSettings {
  /** Returns false if no further login may fail from there; null: there is no limit. */
  readonly mayFail: ((address: string) => Promise<boolean>) | null;
  /** Notes, after the answer, that this number of logins failed. */
  readonly note: (address: string, attempts: number) => void;
}

const known = new Map<string, Failures>();

/**
 * Counts the failed logins of one address.
 * @param address origin of the request; null: unknown, so failures are not counted.
 */
export function failedLogins(address: string | null, { mayFail, note }: FailureSettings): FailedLogins {
  const network = address === null ? null : networkOf(address);
  return {
    requireOpen() {
      const until = network === null ? 0 : (known.get(network)?.limitedUntil ?? 0);
      if (until > Date.now()) throw limited(until);
    },

    async count() {
      if (network === null) return;
      const failures = failuresOf(network);
      noteSome(failures, (attempts) => note(network, attempts));
      if (mayFail === null || (await mayFail(network))) return;
      failures.limitedUntil = Date.now() + PERIOD * 1000;
      throw limited(failures.limitedUntil);
    },
  };
}

function limited(until: number): RegistryError {
  const seconds = Math.max(Math.ceil((until - Date.now()) / 1000), 1);
  return new RegistryError("LOGINS_LIMITED", { headers: { "Retry-After": String(seconds) } });
}

function failuresOf(network: string): Failures {
  const failures = known.get(network) ?? { pending: 0, step: 1, notedAt: 0, limitedUntil: 0 };
  known.set(network, failures);
  const [oldest] = known.keys();
  if (known.size > MAX_ADDRESSES && oldest !== undefined) known.delete(oldest);
  return failures;
}

/** Notes the first failure at once and later ones in sums of 1, 2, 4, 8 …, or the sum of a minute. */
function noteSome(failures: Failures, note: (attempts: number) => void): void {
  const now = Date.now();
  const isLate = failures.notedAt <= now - NOTED_EVERY;
  failures.pending += 1;
  if (failures.pending < failures.step && !isLate) return;
  note(failures.pending);
  Object.assign(failures, { pending: 0, step: isLate ? 1 : failures.step * 2, notedAt: now });
}

/**
 * Returns an IPv4 address as it is, and the first 64 bits of an IPv6 address: the holder of one IPv6 address has its
 * whole network.
 */
export function networkOf(address: string): string {
  const literal = URL.parse(`http://[${address}]/`)?.hostname.slice(1, -1);
  if (literal === undefined) return address;
  const [head = "", tail] = literal.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const filled = tail === undefined ? [] : Array.from({ length: 8 - left.length - right.length }, () => "0");
  return `${[...left, ...filled, ...right].slice(0, 4).join(":")}::/64`;
}
