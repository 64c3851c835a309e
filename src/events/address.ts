/** The reason why a target's address is refused, in a sentence; null if it may be called. */
export type AddressProblem = string | null;

export interface AddressRules {
  /** True to allow http, any port and loopback, for work on one's own machine. */
  readonly allowLocal: boolean;
  /** The hosts, with their ports, under which this registry answers: a delivery must not come back to it. */
  readonly ownHosts: readonly string[];
}

const LOCAL_NAME = /(?:^|\.)(?:localhost|local|internal|intranet|lan|home\.arpa|localdomain)$/;

/**
 * Finds out if a delivery may go to an address: to a public host by name, over https on its usual port
 * (SSRF; CVE-2026-33540, CVE-2020-13788). The platform calls only public addresses, so it refuses a name
 * that resolves to a private one.
 */
export function addressProblem(address: string, { allowLocal, ownHosts }: AddressRules): AddressProblem {
  const url = URL.parse(address);
  if (url === null || address.length > 2000) return "it is not an absolute URL";
  if (url.protocol !== "https:" && !(allowLocal && url.protocol === "http:")) return "it must start with https://";
  if (url.username !== "" || url.password !== "") return "it must not contain a user name or password";
  if (ownHosts.some((host) => isSameHost(url, host))) return "it must not be this registry itself";
  if (allowLocal) return null;
  if (url.port !== "") return "it must use port 443";
  if (url.hostname.endsWith(".")) return "its host must not end with a dot";
  if (isAddressLiteral(url.hostname)) return "its host must be a name, not an IP address";
  if (!url.hostname.includes(".") || LOCAL_NAME.test(url.hostname)) return "its host must be a public name";
  return null;
}

/** True if the host is an IP address. URL parsing has already written every form of IPv4 address as four decimal numbers. */
function isAddressLiteral(hostname: string): boolean {
  return hostname.startsWith("[") || /^\d+(?:\.\d+){3}$/.test(hostname);
}

const LOOPBACK =
  /^(?:(?:.*\.)?localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|\[::1?\]|\[::ffff:7f[0-9a-f]{2}:[0-9a-f]{1,4}\])$/;

/** Brings the different ways to write a host and its port to one form. */
function plainHost(url: URL): { readonly name: string; readonly port: string } {
  const name = url.hostname.replace(/\.$/, "");
  // The registry answers at http's own port as at https's.
  const port = url.port === "80" || url.port === "443" ? "" : url.port;
  return { name: LOOPBACK.test(name) ? "localhost" : name, port };
}

function isSameHost(url: URL, host: string): boolean {
  const own = URL.parse(`https://${host}`);
  if (own === null) return false;
  const [there, here] = [plainHost(url), plainHost(own)];
  if (there.port !== here.port) return false;
  // Each version of a Worker has a preview at <version>-<name>.<account>.workers.dev.
  const isPreview = here.name.endsWith(".workers.dev") && there.name.endsWith(`-${here.name}`);
  return there.name === here.name || isPreview;
}
