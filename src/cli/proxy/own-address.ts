import { lookup } from "node:dns/promises";
import { networkInterfaces } from "node:os";
import { CliError } from "../exit.ts";

/** Stands for all addresses at which only the machine itself can be reached. */
const LOOPBACK = "loopback";

/** Addresses that stand for all addresses of this machine. */
const ANY = new Set(["0.0.0.0", "::"]);

/**
 * Throws a usage error if the registry is the proxy's own address: each request would come back to the proxy, forever.
 */
export async function refuseOwnAddress(
  origin: string,
  listen: { readonly host: string; readonly port: number },
): Promise<void> {
  const { hostname, port, protocol } = new URL(origin);
  const registryPort = Number(port) || (protocol === "https:" ? 443 : 80);
  if (listen.port !== registryPort) return;
  const [ours, theirs] = await Promise.all([addressesOf(listen.host), addressesOf(hostname)]);
  if (![...ours].some((address) => theirs.has(address))) return;
  throw new CliError("usage", `the proxy would send to itself: ${origin} is the address that it is to listen on`, {
    hint: `Listen on another port, such as --listen ${listen.host}:${listen.port === 65_535 ? 5000 : listen.port + 1}, or name another registry with --to.`,
  });
}

/** Returns all addresses of a host, as far as this machine can tell. */
async function addressesOf(host: string): Promise<ReadonlySet<string>> {
  const name = host.toLowerCase().replaceAll(/[[\]]/g, "").replace(/\.$/, "");
  if (name === "localhost" || name.endsWith(".localhost")) return new Set([LOOPBACK]);
  // A name that cannot be resolved now gets a warning later: the registry may come up yet.
  const found = await lookup(name, { all: true }).catch(() => []);
  return new Set(found.flatMap(({ address }) => (ANY.has(address) ? ownAddresses() : [canonical(address)])));
}

function ownAddresses(): readonly string[] {
  const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return [LOOPBACK, ...own.map(({ address }) => canonical(address))];
}

/** Returns an address in one form: URLs write an IPv4 address in IPv6's form in hexadecimal. */
function canonical(address: string): string {
  const plain = address.toLowerCase().replace(/%.*$/, "");
  const [, high = "", low = ""] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(plain) ?? [];
  const bytes = [high, low].flatMap((word) => [parseInt(word, 16) >> 8, parseInt(word, 16) & 255]);
  const v4 = high === "" ? plain.replace(/^::ffff:(?=\d+\.)/, "") : bytes.join(".");
  return v4 === "::1" || v4.startsWith("127.") ? LOOPBACK : v4;
}
