import * as z from "zod";
import { CliError } from "../exit.ts";
import type { Credential } from "../credentials/credential.ts";
import { type Challenge, parseChallenges } from "./challenge.ts";
import type { RegistryAddress } from "./reference.ts";
import { refusedAnswer } from "./problem.ts";
import { type Answer, ANSWER_WITHIN, type Body, type Headers, readText, type Transport } from "./transport.ts";

interface Token {
  readonly value: string;
  /** Milliseconds since the epoch, less a margin for the request's way. */
  readonly goodUntil: number;
}

interface TokenEntry {
  readonly token: Promise<Token>;
  /** Null while the token is on its way. */
  goodUntil: number | null;
}

/** A place that issues tokens, as a challenge named it. */
interface TokenEndpoint {
  readonly realm: URL;
  readonly service: string | null;
}

/** Seconds that a token lasts if the answer does not say, as the specification has it. */
const DEFAULT_LIFETIME = 60;

/** Milliseconds before a token's end after which no request starts with it. */
const MARGIN = 10_000;
const MAX_TOKEN_BYTES = 1024 * 1024;

const tokenAnswer = z.object({
  token: z.string().optional(),
  access_token: z.string().optional(),
  expires_in: z.number().positive().optional(),
});

/**
 * Finds the Authorization header for one registry: none until the registry asks for it, then what the challenge wants.
 * Keeps a token for each set of scopes and renews it before it expires, or when it has.
 */
export class Authorizer {
  readonly #registry: RegistryAddress;
  readonly #transport: Transport;
  readonly #credential: Credential | null;
  readonly #tokens = new Map<string, TokenEntry>();
  #basic: string | null = null;
  #endpoint: TokenEndpoint | null = null;

  constructor(registry: RegistryAddress, transport: Transport, credential: Credential | null) {
    this.#registry = registry;
    this.#transport = transport;
    this.#credential = credential;
  }

  /**
   * Returns the header's value for a request that needs these scopes; null: none. `answerWithin` limits a request for a
   * token.
   */
  async authorization(scopes: readonly string[], answerWithin = ANSWER_WITHIN): Promise<string | null> {
    if (this.#credential?.kind === "bearer") return `Bearer ${this.#credential.secret}`;
    if (this.#basic !== null) return this.#basic;
    if (this.#endpoint === null) return null;
    const token = await this.#token(this.#endpoint, scopes, answerWithin);
    return `Bearer ${token.value}`;
  }

  /** Learns from a 401 to a request that was sent with `used`. Returns true if another try may succeed. */
  learn(answer: Answer, scopes: readonly string[], used: string | null): boolean {
    if (this.#credential?.kind === "bearer") return false;
    const challenges = parseChallenges(answer.headers.get("www-authenticate") ?? "");
    const endpoint = tokenEndpoint(challenges);
    if (endpoint !== null) {
      this.#requireSafe(endpoint);
      const isStale = used !== null && this.#endpoint !== null;
      this.#endpoint = endpoint;
      if (isStale) this.#tokens.delete(keyOf(scopes));
      return true;
    }
    if (this.#credential?.kind !== "password" || !challenges.some(({ scheme }) => scheme === "basic")) return false;
    this.#basic = basic(this.#credential.username, this.#credential.secret);
    return used !== this.#basic;
  }

  /**
   * Refuses a token endpoint without TLS if the registry itself has TLS: it has no reason to want a password in the
   * clear.
   */
  #requireSafe({ realm }: TokenEndpoint): void {
    if (realm.protocol === "https:" || this.#registry.origin.startsWith("http:")) return;
    throw new CliError(
      "failure",
      `${this.#registry.host} asks for its login to be sent to ${realm.origin} without TLS, so it was not sent`,
    );
  }

  /** Returns the token for these scopes. Requests that need a token on its way share it. */
  #token(endpoint: TokenEndpoint, scopes: readonly string[], answerWithin: number): Promise<Token> {
    const key = keyOf(scopes);
    const known = this.#tokens.get(key);
    if (known !== undefined && Date.now() < (known.goodUntil ?? Number.POSITIVE_INFINITY)) return known.token;
    const entry: TokenEntry = { token: this.#fetch(endpoint, scopes, answerWithin), goodUntil: null };
    this.#tokens.set(key, entry);
    entry.token.then(
      ({ goodUntil }) => (entry.goodUntil = goodUntil),
      () => this.#tokens.delete(key),
    );
    return entry.token;
  }

  async #fetch(endpoint: TokenEndpoint, scopes: readonly string[], answerWithin: number): Promise<Token> {
    const answer = await this.#transport.send({ ...tokenRequest(endpoint, scopes, this.#credential), answerWithin });
    if (answer.status !== 200) throw await this.#refused(answer);
    const parsed = tokenAnswer.safeParse(parseJson(await readText(answer, MAX_TOKEN_BYTES)));
    const value = parsed.data?.token ?? parsed.data?.access_token;
    if (value === undefined) {
      throw new CliError("failure", `${endpoint.realm.origin} did not answer the login with a token`);
    }
    const lifetime = (parsed.data?.expires_in ?? DEFAULT_LIFETIME) * 1000;
    return { value, goodUntil: Date.now() + Math.max(lifetime - MARGIN, lifetime / 2) };
  }

  async #refused(answer: Answer): Promise<CliError> {
    const refused = await refusedAnswer(answer);
    if (refused.kind !== "denied") return refused;
    return new CliError("denied", `${this.#registry.host} refused the login: ${refused.message}`, {
      hint: loginHint(this.#registry.host, this.#credential),
      cause: refused,
    });
  }
}

/** Returns advice on a refused login. A stored login is sent even with pulls of public images, which need none. */
function loginHint(host: string, credential: Credential | null): string {
  if (credential === null) return `Log in: spacedock login ${host}`;
  return `Log in again: spacedock login ${host}. Public images need no login: docker logout ${host} removes the stored one.`;
}

function tokenEndpoint(challenges: readonly Challenge[]): TokenEndpoint | null {
  const bearer = challenges.find(({ scheme, parameters }) => scheme === "bearer" && parameters.has("realm"));
  const realm = bearer?.parameters.get("realm");
  if (bearer === undefined || realm === undefined || !URL.canParse(realm)) return null;
  return { realm: new URL(realm), service: bearer.parameters.get("service") ?? null };
}

interface TokenRequest {
  readonly method: "GET" | "POST";
  readonly url: URL;
  readonly headers: Headers;
  /** The origin that the secrets belong to: the realm, the one other host that a registry may name for its logins. */
  readonly secretsOf: string;
  readonly body?: Body;
}

/**
 * Builds the request for a token. A refresh token is traded by POST (OAuth 2); a password, or nothing, by GET, which
 * every registry knows.
 */
function tokenRequest(endpoint: TokenEndpoint, scopes: readonly string[], credential: Credential | null): TokenRequest {
  const { realm, service } = endpoint;
  if (credential?.kind === "refresh-token") {
    const form = new URLSearchParams({
      grant_type: "refresh_token",
      refresh_token: credential.secret,
      client_id: "spacedock",
      scope: scopes.join(" "),
      ...(service !== null && { service }),
    });
    const bytes = Buffer.from(form.toString());
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const body = { length: bytes.length, open: () => bytes };
    return { method: "POST", url: realm, headers, secretsOf: realm.origin, body };
  }
  const url = new URL(realm);
  if (service !== null) url.searchParams.set("service", service);
  for (const scope of scopes) url.searchParams.append("scope", scope);
  const headers: Headers =
    credential?.kind === "password" ? { authorization: basic(credential.username, credential.secret) } : {};
  return { method: "GET", url, headers, secretsOf: realm.origin };
}

function basic(username: string, secret: string): string {
  return `Basic ${Buffer.from(`${username}:${secret}`).toString("base64")}`;
}

function keyOf(scopes: readonly string[]): string {
  return [...new Set(scopes)].toSorted().join(" ");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
