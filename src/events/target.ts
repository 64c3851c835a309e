import * as z from "zod";
import { type Parsed, parseInput } from "../oci/parse-input.ts";
import type { EventType, RegistryEvent } from "./event.ts";
import { parseRetryAfter } from "./schedule.ts";

/** The input of one attempt of a delivery. */
export interface Attempt<Config> {
  readonly event: RegistryEvent;
  /** `dlv_…`; the same for every attempt of one delivery. */
  readonly deliveryId: string;
  readonly now: Date;
  /** The address as the space's administrator gave it. It is checked before each attempt. */
  readonly url: string;
  readonly config: Config;
  /** The secrets that are valid now, newest first: for a day after a rotation, the one before it too. */
  readonly secrets: readonly string[];
  /** The progress that the last attempt left; null at first. */
  readonly progress: unknown;
  /** Makes a token that names the target and its space, for servers that trust this registry as an OpenID Connect issuer. */
  readonly identityToken: (audience: string) => Promise<string>;
}

/** A request to a target. Redirects are never followed. */
export interface TargetRequest {
  readonly url: string;
  readonly method: "GET" | "POST" | "PUT";
  /** Headers by their names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

export interface Answer {
  readonly status: number;
  /** The beginning of the body. */
  readonly body: string;
  /** The header as it came. */
  readonly retryAfter: string | null;
}

/**
 * Sends a request, follows no redirect, and gives up in time. Throws if there is no answer. The status is the answer; the body is for
 * show, so only as much is read as arrives soon.
 * @param keep characters of the body to keep
 * @param needsBody true if a success is useless without its body: it is then waited for, and if it breaks off there is no answer
 */
export type Sender = (request: TargetRequest, keep: number, needsBody?: boolean) => Promise<Answer>;

/** Characters of an answer that are kept for the operator. */
export const KEPT_OF_ANSWER = 1024;

/** Verdicts on an attempt. `running`: the target has begun and is asked again; `failed`: for good; `gone`: and is to be switched off. */
export const VERDICTS = ["done", "running", "retry", "failed", "gone"] as const;
export type Verdict = (typeof VERDICTS)[number];

export interface Outcome {
  readonly verdict: Verdict;
  /** The last answer's status; null if there was no answer. */
  readonly status: number | null;
  /** The beginning of the answer, or a sentence, for the operator. */
  readonly detail: string;
  /** Seconds to wait: with `running` the whole wait, with `retry` as long as the receiver asked for. */
  readonly wait: number | null;
  /** The progress for the next attempt, as JSON; null if there is none. */
  readonly progress: unknown;
  /** The health of the target itself: if it refuses only because of the event, that is no reason to switch it off. */
  readonly health: "good" | "bad" | "unknown";
}

interface Judgement {
  readonly verdict: Exclude<Verdict, "running">;
  /** A sentence for the operator, if the status alone does not say it. */
  readonly reason: string | null;
}

/** Statuses that have a meaning of their own to a target. */
export type StatusRules = Readonly<Record<number, Judgement>>;

/**
 * The source of a secret. `made`: the registry makes one and shows it once. `given`: the administrator gives one. `optional`: the
 * administrator may give one. `none`: there is none.
 */
type SecretRule = "made" | "given" | "optional" | "none";

/** The secret that an administrator gives: its name at the receiver, and a sentence about it. */
interface SecretField {
  readonly title: string;
  readonly description: string;
}

/** The field for a target's address. */
interface AddressField {
  readonly description: string;
  readonly example: string;
}

/** The traits of a target that do not depend on its configuration. */
interface TargetTraits {
  /** Its name in the management API, as in `standard-webhook`. */
  readonly type: string;
  /** Its name for people, as in `Octopus Deploy`. */
  readonly title: string;
  /** A sentence or two about the request that it sends and the receivers that take it. */
  readonly description: string;
  readonly secret: SecretRule;
  /** The events that its format can express. Others cannot be sent to it. */
  readonly events: readonly EventType[];
  /** True if the address is as good as a password: it is stored encrypted, and only its host is shown. */
  readonly secretAddress: boolean;
}

/** The secret of a kind of target, with a description if it is given. */
type SecretTraits =
  | { readonly secret: "made" | "none"; readonly secretField?: undefined }
  | { readonly secret: "given" | "optional"; readonly secretField: SecretField };

/** The part of a kind of target that does not depend on how it delivers. */
interface Basics<Config> extends Omit<TargetTraits, "secretAddress"> {
  readonly secretAddress?: true;
  /** The address for a target that is created without one. */
  readonly defaultUrl?: string;
  /** The address field; by default a receiver anywhere, with `defaultUrl` as the example. */
  readonly address?: Partial<AddressField>;
  /**
   * The settings besides address and secret. The schema must be strict, and its output must be valid input again. Forms, help and the
   * API's document are drawn from its metadata: a field has a `title` and a `description`, and may have `examples` and, for forms, an
   * `x-section` for settings that few need.
   */
  readonly config: z.ZodType<Config>;
  /** Says why a configuration and a secret, or its absence, do not go together; null if they do. */
  readonly secretProblem?: (config: Config, hasSecret: boolean) => string | null;
  /** True if a target with this configuration proves its identity by a token of ours in place of a secret. If absent, none does. */
  readonly provesItself?: (config: Config) => boolean;
}

type Definition<Config> = Basics<Config> & SecretTraits;

/** True if the target's work is followed to its end, so that the registry knows what it runs. */
type Follows<Config> = (config: Config) => boolean;

/**
 * One kind of deployment target that takes one request, as its file in targets/ defines it. To add one, write its file and add a line to
 * targets/index.ts. `request` must be a pure function of the attempt, so that its bytes can be tested.
 */
export type TargetDefinition<Config> = Definition<Config> & {
  /** Makes the request. Our `user-agent` is added if the headers have none. Throws {@link UnsendableError}. */
  readonly request: (attempt: Attempt<Config>) => Promise<TargetRequest> | TargetRequest;
  /** Rules for statuses. For all others, 2xx is done, 410 gone, and the rest a retry. */
  readonly statuses?: (config: Config) => StatusRules;
};

/** A kind of target that takes several requests, or must be asked for its progress. */
export type SteppedDefinition<Config> = Definition<Config> & {
  /** Makes one attempt. May throw {@link UnsendableError} and everything that `send` throws. */
  readonly deliver: (attempt: Attempt<Config>, send: Sender) => Promise<Outcome>;
  readonly follows: Follows<Config>;
};

/** A target type for callers, which have its configuration as the database or a client gave it. */
export interface TargetType extends TargetTraits {
  /** The secret's field; null if an administrator gives no secret. */
  readonly secretField: SecretField | null;
  readonly address: AddressField;
  readonly defaultUrl: string | null;
  /** The schema of the settings, to describe the type by. */
  readonly config: z.ZodType;
  /** Returns the configuration to store, with defaults filled in. */
  readonly parseConfig: (input: unknown) => Parsed<unknown>;
  readonly secretProblem: (config: unknown, hasSecret: boolean) => string | null;
  readonly provesItself: (config: unknown) => boolean;
  /** True if targets of this type can be followed, so each of them deploys. */
  readonly canBeFollowed: boolean;
  /** True if a target with this configuration is followed to its end. */
  readonly follows: (config: unknown) => boolean;
  /** Makes one attempt. Rejects with {@link UnsendableError} if none can succeed, and with everything that `send` throws. */
  readonly deliver: (attempt: Attempt<unknown>, send: Sender) => Promise<Outcome>;
}

/** A target type that takes one request. */
export interface RequestTargetType extends TargetType {
  readonly request: (attempt: Attempt<unknown>) => Promise<TargetRequest>;
  readonly judge: (status: number, config: unknown) => Judgement;
}

/** The event, secret or configuration does not fit the target, so trying again does not help. The message holds no secret. */
export class UnsendableError extends Error {
  override readonly name = "UnsendableError";
}

export const USER_AGENT = "Spacedock/1";

/**
 * Characters of a given secret, at least. A shorter one is soon guessed, and may appear by chance in receivers' answers, which are shown
 * without it. One that was stored before this limit still works.
 */
export const MIN_SECRET = 8;

/** A secret that an administrator gives: any text that a header's value can hold. */
export const givenSecret = z
  .string()
  .min(
    MIN_SECRET,
    `it must have at least ${MIN_SECRET} characters: create a longer one at the receiver, and give it here`,
  )
  .max(2000, "it must have at most 2,000 characters")
  .regex(/^[!-~](?:[ -~]*[!-~])?$/, "it must be visible ASCII characters, with spaces only between them");

/** The address of most targets. */
const RECEIVER: AddressField = {
  description: "Where the receiver listens: https, on a public host.",
  example: "https://receiver.example.com/hook",
};

export function defineTarget<Config>(definition: TargetDefinition<Config>): RequestTargetType {
  const { config: schema, request: makeRequest, statuses } = definition;

  const request = async (attempt: Attempt<unknown>): Promise<TargetRequest> => {
    const made = await makeRequest(checked(definition, attempt));
    return { ...made, headers: { "user-agent": USER_AGENT, ...made.headers } };
  };

  const judge = (status: number, config: unknown): Judgement => {
    const parsed = parseInput(schema, config);
    return (parsed.ok ? statuses?.(parsed.data)[status] : undefined) ?? usualJudgement(status);
  };

  return {
    ...common(definition, null),
    request,
    judge,

    async deliver(attempt, send) {
      const { status, body, retryAfter } = await send(await request(attempt), KEPT_OF_ANSWER);
      const { verdict, reason } = judge(status, attempt.config);
      return {
        verdict,
        status,
        detail: reason === null ? body : `${reason}: ${body}`,
        wait: parseRetryAfter(retryAfter, attempt.now),
        progress: null,
        health: verdict === "done" ? "good" : "bad",
      };
    },
  };
}

export function defineSteppedTarget<Config>(definition: SteppedDefinition<Config>): TargetType {
  return {
    ...common(definition, definition.follows),
    deliver: async (attempt, send) => definition.deliver(checked(definition, attempt), send),
  };
}

/** Makes the traits that all kinds share. @param follows null for a target that takes one request and tells us no more */
function common<Config>(definition: Definition<Config>, follows: Follows<Config> | null): Omit<TargetType, "deliver"> {
  const { type, title, description, secret, secretField = null, events, secretAddress = false } = definition;
  const { address, defaultUrl = null, config, secretProblem, provesItself } = definition;
  return {
    type,
    title,
    description,
    secret,
    secretField,
    events,
    secretAddress,
    address: { ...RECEIVER, ...(defaultUrl !== null && { example: defaultUrl }), ...address },
    defaultUrl,
    config,
    parseConfig: (input) => parseInput(config, input),
    secretProblem: (input, hasSecret) => {
      const parsed = parseInput(config, input);
      return (parsed.ok ? secretProblem?.(parsed.data, hasSecret) : null) ?? null;
    },
    provesItself: (input) => {
      const parsed = parseInput(config, input);
      return (parsed.ok ? provesItself?.(parsed.data) : false) ?? false;
    },
    canBeFollowed: follows !== null,
    follows: (input) => {
      const parsed = parseInput(config, input);
      return (parsed.ok ? follows?.(parsed.data) : false) ?? false;
    },
  };
}

/** Returns the attempt with its configuration parsed. Throws UnsendableError if the configuration or the event does not fit the type. */
function checked<Config>({ type, events, config }: Definition<Config>, attempt: Attempt<unknown>): Attempt<Config> {
  if (!events.includes(attempt.event.type)) {
    throw new UnsendableError(`${type} cannot send ${attempt.event.type}`);
  }
  const parsed = parseInput(config, attempt.config);
  if (!parsed.ok) throw new UnsendableError(`the target's config no longer fits ${type}`);
  return { ...attempt, config: parsed.data };
}

function usualJudgement(status: number): Judgement {
  if (status >= 200 && status < 300) return { verdict: "done", reason: null };
  return { verdict: status === 410 ? "gone" : "retry", reason: null };
}
