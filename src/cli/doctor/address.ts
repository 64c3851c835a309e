import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import { unreachable } from "../client/transport.ts";
import { CliError } from "../exit.ts";
import { ageOrUntil } from "../output/words.ts";
import { type Finding, ok, type Patient, problem, warning } from "./finding.ts";

const DAY = 86_400_000;

/** Automatic renewal should have replaced a certificate that ends sooner than this. */
const RENEWED_BEFORE = 14 * DAY;
const PATIENCE = 10_000;

/** Checks that the host's name resolves. */
export async function checkName({ registry, context: { env } }: Patient): Promise<Finding> {
  const { hostname } = new URL(registry.origin);
  const host = hostname.replace(/^\[|\]$/g, "");
  if (isIP(host) > 0) return ok("name", `${host} is an address`);
  if (proxyOf(registry.origin, env) !== null) return ok("name", `the proxy looks up ${host}`);
  try {
    const addresses = await lookup(host, { all: true });
    return ok("name", `${host} is ${addresses.map(({ address }) => address).join(", ")}`);
  } catch (cause) {
    return problem("name", unreachable(new URL(registry.origin), cause));
  }
}

/** Checks that the certificate is trusted, and for how long. */
export async function checkTls({ registry, context: { env, signal } }: Patient): Promise<Finding> {
  const url = new URL(registry.origin);
  if (url.protocol === "http:") {
    const isLocal = ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname);
    if (isLocal) return ok("tls", "none, as is usual for localhost");
    return warning("tls", "none: anyone on the network can read tokens and images", "Serve it over https.");
  }
  const proxy = proxyOf(registry.origin, env);
  if (proxy !== null) return ok("tls", `not checked: the connection goes through ${proxy}`);
  try {
    const until = await certificateEnd(url, signal);
    const ends = `the certificate ends ${ageOrUntil(until.toISOString())}`;
    if (until.getTime() - Date.now() > RENEWED_BEFORE) return ok("tls", ends);
    return warning("tls", ends, "Renew it: after that, clients refuse the registry.");
  } catch (cause) {
    return problem("tls", unreachable(url, cause));
  }
}

/** Returns the end of the host's certificate. Rejects if the certificate is not trusted. */
function certificateEnd(url: URL, signal: AbortSignal): Promise<Date> {
  return new Promise((resolve, reject) => {
    const host = url.hostname.replace(/^\[|\]$/g, "");
    const socket: TLSSocket = connect({
      host,
      port: Number(url.port || 443),
      ...(isIP(host) === 0 && { servername: host }),
    });
    signal.addEventListener("abort", () => socket.destroy(new CliError("interrupted", "interrupted")));
    socket.setTimeout(PATIENCE, () => {
      socket.destroy(new CliError("unreachable", `cannot reach ${url.origin}: no answer in time`));
    });
    socket.once("error", reject);
    socket.once("secureConnect", () => {
      resolve(new Date(socket.getPeerCertificate().valid_to));
      socket.destroy();
    });
  });
}

/** Returns the proxy that the environment sets for this address; null: none. */
function proxyOf(origin: string, env: Readonly<Record<string, string | undefined>>): string | null {
  const name = origin.startsWith("https:") ? "HTTPS_PROXY" : "HTTP_PROXY";
  return env[name.toLowerCase()] || env[name] || null;
}
