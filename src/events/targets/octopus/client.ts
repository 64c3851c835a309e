import * as z from "zod";
import { parseBoundedJson } from "../../../oci/bounded-json.ts";
import type { Attempt, Sender, TargetRequest } from "../../target.ts";
import { UnsendableError, USER_AGENT } from "../../target.ts";
import { below, parseUrl, postJson } from "../request.ts";
import type { OctopusConfig } from "./config.ts";

/** Characters of an answer that are read; a task's description has a few thousand. */
const LONGEST_ANSWER = 64 * 1024;

/** Octopus answered with something other than success. */
export class OctopusRefusal extends Error {
  override readonly name = "OctopusRefusal";
  readonly status: number;
  readonly retryAfter: string | null;

  constructor(message: string, status: number, retryAfter: string | null) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

export interface Octopus {
  /**
   * Calls an address below `/api/<space>/`. The answer's properties begin in upper case, whatever the
   * server's version. Throws OctopusRefusal.
   */
  readonly call: (path: string, body?: object) => Promise<{ readonly status: number; readonly json: unknown }>;
}

const discovery = z.looseObject({ token_endpoint: z.url() });
const exchanged = z.looseObject({ access_token: z.string().min(1) });

/** Logs in, by API key or as the service account that trusts this registry. Throws OctopusRefusal and UnsendableError. */
export async function openOctopus(attempt: Attempt<OctopusConfig>, send: Sender): Promise<Octopus> {
  const { url, config } = attempt;
  const authorization = await authorize(attempt, send);
  return {
    async call(path, body) {
      const address = below(url, ["api", config.space, ...path.split("/")]);
      const answer = await ask(send, requestFor(address, body, authorization));
      return { ...answer, json: upperCased(answer.json) };
    },
  };
}

type Headers = TargetRequest["headers"];

async function authorize(attempt: Attempt<OctopusConfig>, send: Sender): Promise<Headers> {
  const { config, secrets } = attempt;
  const [apiKey] = secrets;
  if (config.serviceAccount !== undefined) {
    return { authorization: `Bearer ${await exchange(attempt, config.serviceAccount, send)}` };
  }
  if (apiKey === undefined) throw new UnsendableError("the target has neither an API key nor a service account");
  return { "x-octopus-apikey": apiKey };
}

/** Exchanges our token for one of Octopus (RFC 8693), as Octopus documents it for "other issuers". */
async function exchange({ url, identityToken }: Attempt<unknown>, account: string, send: Sender): Promise<string> {
  const found = await ask(send, requestFor(below(url, [".well-known", "openid-configuration"]), undefined, {}));
  const document = discovery.safeParse(found.json);
  if (!document.success) throw new OctopusRefusal("its OpenID configuration has no token_endpoint", found.status, null);
  const endpoint = document.data.token_endpoint;
  // Our token must reach only the server that the target names.
  if (parseUrl(endpoint).origin !== parseUrl(url).origin) {
    throw new UnsendableError(`Octopus names a token endpoint on another host: ${parseUrl(endpoint).host}`);
  }
  const answer = await ask(
    send,
    requestFor(
      endpoint,
      {
        grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
        audience: account,
        subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
        subject_token: await identityToken(account),
      },
      {},
    ),
  );
  const token = exchanged.safeParse(answer.json);
  if (!token.success) throw new OctopusRefusal("its token endpoint gave no access_token", answer.status, null);
  return token.data.access_token;
}

function requestFor(url: string, body: object | undefined, authorization: Headers): TargetRequest {
  const headers = { accept: "application/json", "user-agent": USER_AGENT, ...authorization };
  if (body === undefined) return { url, method: "GET", headers, body: null };
  return postJson(url, JSON.stringify(body), headers);
}

async function ask(send: Sender, request: TargetRequest): Promise<{ status: number; json: unknown }> {
  const { status, body, retryAfter } = await send(request, LONGEST_ANSWER, true);
  if (status < 200 || status > 299) throw new OctopusRefusal(complaint(body), status, retryAfter);
  try {
    return { status, json: parseBoundedJson(body) };
  } catch {
    throw new OctopusRefusal(
      "its answer is not JSON; check that this is the address of an Octopus server",
      status,
      null,
    );
  }
}

const problem = z.looseObject({
  ErrorMessage: z.string().optional(),
  Errors: z.array(z.string()).optional(),
  error_description: z.string().optional(),
});

/** Returns Octopus's own words about what is wrong. */
function complaint(body: string): string {
  try {
    const parsed = problem.safeParse(upperCased(parseBoundedJson(body)));
    const { ErrorMessage, Errors = [], error_description: description } = parsed.data ?? {};
    const words = [ErrorMessage, ...Errors, description].filter((one) => one !== undefined && one !== "");
    return words.length > 0 ? words.join(" ") : body;
  } catch {
    return body;
  }
}

/** Makes properties begin in upper case: older servers write `releaseId` for `ReleaseId`. Names with an underscore stay. */
function upperCased(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(upperCased);
  if (typeof json !== "object" || json === null) return json;
  return Object.fromEntries(
    Object.entries(json).map(([name, value]) => [
      name.includes("_") ? name : name.charAt(0).toUpperCase() + name.slice(1),
      upperCased(value),
    ]),
  );
}
