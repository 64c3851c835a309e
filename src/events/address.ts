/** Why a target's address is refused, in a sentence; or null when it may be called. */
export type AddressProblem = string | null;

export interface AddressRules {
  /** For work on one's own machine: http, any port, loopback. */
  readonly allowLocal: boolean;
  /** Our own host: a delivery must not come back to us. */
  readonly ownHost: string;
}

const LOCAL_NAME = /(?:^|\.)(?:localhost|local|internal|intranet|lan|home\.arpa|localdomain)$/;

/**
 * Whether a delivery may go there: a public host by name, over https on its usual port (SSRF; CVE-2026-33540, CVE-2020-13788).
 * A name that resolves to a private address is refused by the platform, which calls only public addresses.
 */
export function addressProblem(address: string, { allowLocal, ownHost }: AddressRules): AddressProblem {
  const url = URL.parse(address);
  if (url === null || address.length > 2000) return "it is not an absolute URL";
  if (url.protocol !== "https:" && !(allowLocal && url.protocol === "http:")) return "it must start with https://";
  if (url.username !== "" || url.password !== "") return "it must not hold a user name or password";
  if (url.host === ownHost && !allowLocal) return "it is this registry itself";
  if (allowLocal) return null;
  if (url.port !== "") return "it must use https's own port, 443";
  if (url.hostname.endsWith(".")) return "its host must not end with a dot";
  if (isAddressLiteral(url.hostname)) return "its host must be a name, not an IP address";
  if (!url.hostname.includes(".") || LOCAL_NAME.test(url.hostname)) return "its host must be a public name";
  return null;
}

/** URL parsing has brought every way to write an IPv4 address to four decimal numbers. */
function isAddressLiteral(hostname: string): boolean {
  return hostname.startsWith("[") || /^\d+(?:\.\d+){3}$/.test(hostname);
}
