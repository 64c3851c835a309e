import { type Answer, drain, makeTransport, type Transport } from "../client/transport.ts";
import { CliError } from "../exit.ts";
import { askApi } from "../managed/discovery.ts";
import { formatDuration } from "../../contract/format.ts";
import { type Finding, ok, type Patient, problem, warning } from "./finding.ts";

/** The management API that this command line knows. */
const API_VERSION = "1";

/** Milliseconds. A larger difference is not just the network's delay. */
const TOLERATED_SKEW = 30_000;
const SERIOUS_SKEW = 300_000;

/** Checks if a registry answers, if it is a Spacedock, and if its clock is right. */
export async function checkRegistry({ registry, context: { env, signal } }: Patient): Promise<readonly Finding[]> {
  const transport = makeTransport(env);
  try {
    const asked = Date.now();
    const answer = await ask(transport, new URL("/v2/", registry.origin), signal);
    const answered = Date.now();
    await drain(answer);
    const first = registryFinding(answer, answered - asked);
    if (first.status === "problem") return [first];
    const clock = clockFinding(answer, new Date((asked + answered) / 2));
    return [first, ...clock, await apiFinding(transport, registry.origin, signal)];
  } catch (failure) {
    return [problem("registry", failure)];
  } finally {
    await transport.close();
  }
}

function ask(transport: Transport, url: URL, signal: AbortSignal): Promise<Answer> {
  return transport.send({ method: "GET", url, signal });
}

function registryFinding({ status, headers, url }: Answer, took: number): Finding {
  const isVersioned = headers.get("docker-distribution-api-version")?.includes("registry/2.0") ?? false;
  const isChallenge = status === 401 && headers.has("www-authenticate");
  if (isChallenge || (status === 200 && (isVersioned || isJson(headers)))) {
    return ok(
      "registry",
      `answers in ${took} ms, with ${status === 401 ? "a challenge to log in" : "no login asked for"}`,
    );
  }
  return problem(
    "registry",
    new CliError(status >= 500 ? "unreachable" : "failure", `${url.href} answers ${status}, unlike a registry`, {
      hint: status >= 500 ? "Check the registry's log." : "Check the host and the port.",
    }),
  );
}

function isJson(headers: ReadonlyMap<string, string>): boolean {
  return headers.get("content-type")?.startsWith("application/json") ?? false;
}

/** Compares the clocks. The Date header has whole seconds only. */
function clockFinding({ headers }: Answer, now: Date): readonly Finding[] {
  const there = Date.parse(headers.get("date") ?? "");
  if (!Number.isFinite(there)) return [];
  const skew = now.getTime() - there;
  const amount = Math.abs(skew);
  if (amount < TOLERATED_SKEW) return [ok("clock", "agrees with the registry's")];
  const said = `this machine's clock is ${formatDuration(amount)} ${skew > 0 ? "ahead of" : "behind"} the registry's`;
  const advice = "Set the clock, for example by NTP: certificates and signatures depend on it.";
  if (amount < SERIOUS_SKEW) return [warning("clock", said, advice)];
  return [problem("clock", new CliError("failure", said, { hint: advice }))];
}

async function apiFinding(transport: Transport, origin: string, signal: AbortSignal): Promise<Finding> {
  const version = await askApi(transport, origin, signal);
  if (version === null) {
    const advice = "You can push, import and inspect; spaces, tokens and triggers are not available.";
    return warning("api", "not a Spacedock registry", advice);
  }
  if (version === API_VERSION) return ok("api", `Spacedock's, version ${version}`);
  return warning(
    "api",
    `version ${version}; this command knows ${API_VERSION}`,
    "Install the matching version of spacedock.",
  );
}
