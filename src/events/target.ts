import * as z from "zod";
import { type Parsed, parseInput } from "../oci/parse-input.ts";
import type { EventType, RegistryEvent } from "./event.ts";
import { parseRetryAfter } from "./schedule.ts";

/** The input of one attempt of a delivery. */
export interface Attempt<Config> {
  readonly event: RegistryEvent;
  /** `dlv_…`: the same for every attempt of one delivery. */
  readonly deliveryId: string;
  readonly now: Date;
  /** The address as the space's administrator gave it; it is checked before each attempt. */
  readonly url: string;
  readonly config: Config;
  /** The secrets that are valid now: the newest first, then the one before it for a day after a rotation. */
  readonly secrets: readonly string[];
  /** The progress that the last attempt left; null at first. */
  readonly progress: unknown;
  /** A token of ours that says which target of which space it is, for servers that trust us as an OpenID Connect issuer. */
  readonly identityToken: (audience: string) => Promise<string>;
}

/** A request to a target. Redirects are never followed. */
export interface TargetRequest {
  readonly url: string;
  readonly method: "GET" | "POST" | "PUT";
  /** Names are in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

export interface Answer {
  readonly status: number;
  /** Its beginning. */
  readonly body: string;
  /** The header, as it came. */
  readonly retryAfter: string | null;
}

/**
 * Sends a request, follows no redirect, and gives up in time. Throws where there is no answer. The status is the answer: of the body, which is
 * for show, comes what is there soon.
 * @param keep characters of the body.
 * @param needsBody a success is of no use without its body: then that is waited for, and where it breaks off there is no answer.
 */
export type Sender = (request: TargetRequest, keep: number, needsBody?: boolean) => Promise<Answer>;

/** Characters of an answer that are kept for the operator. */
export const KEPT_OF_ANSWER = 1024;

/**
 * The result of an attempt: `done`; `running`: the target has begun and must be asked again how it goes; `retry` later;
 * `failed` for good; `gone`: and the target should be switched off.
 */
export const VERDICTS = ["done", "running", "retry", "failed", "gone"] as const;
export type Verdict = (typeof VERDICTS)[number];

export interface Outcome {
  readonly verdict: Verdict;
  /** The last answer's status; null if there was no answer. */
  readonly status: number | null;
  /** For the operator: the beginning of the answer, or a sentence. */
  readonly detail: string;
  /** Seconds to wait: with `running` the whole wait, with `retry` what the receiver asked for. */
  readonly wait: number | null;
  /** The progress for the next attempt, as JSON; null if there is none. */
  readonly progress: unknown;
  /** True if the target itself works: what it refuses for the event's sake is no reason to switch it off. */
  readonly health: "good" | "bad" | "unknown";
}

interface Judgement {
  readonly verdict: Exclude<Verdict, "running">;
  /** A sentence for the operator, where the status alone does not say it. */
  readonly reason: string | null;
}

/** Statuses that mean something of their own to a target. */
export type StatusRules = Readonly<Record<number, Judgement>>;

/** `made`: we make one and show it once. `given`: the administrator gives one. `none`: it has none. */
type SecretRule = "made" | "given" | "optional" | "none";

/** The secret that an administrator gives: its name at the receiver, and a sentence about it. */
interface SecretField {
  readonly title: string;
  readonly description: string;
}

/** A target's address, for whoever enters one. */
interface AddressField {
  readonly description: string;
  readonly example: string;
}

/** The traits that do not depend on a target's configuration. */
interface TargetTraits {
  /** Its name in the management API, as in `standard-webhook`. */
  readonly type: string;
  /** Its name for people, as in `Octopus Deploy`. */
  readonly title: string;
  /** A sentence or two: what it sends, and which receivers take it. */
  readonly description: string;
  readonly secret: SecretRule;
  /** The events that its format can express. No others can be sent to it. */
  readonly events: readonly EventType[];
  /** The address is as good as a password: it is kept encrypted, and only its host is shown. */
  readonly secretAddress: boolean;
}

/** The secret of a kind of target: one that is given is described. */
type SecretTraits =
  | { readonly secret: "made" | "none"; readonly secretField?: undefined }
  | { readonly secret: "given" | "optional"; readonly secretField: SecretField };

/** The part of a kind of target that does not depend on how it delivers. */
interface Basics<Config> extends Omit<TargetTraits, "secretAddress"> {
  readonly secretAddress?: true;
  /** The address of a target that is made without one. */
  readonly defaultUrl?: string;
  /** By default a receiver anywhere, and `defaultUrl` as the example. */
  readonly address?: Partial<AddressField>;
  /**
   * The settings beside address and secret: strict, and its output must be valid input again. Forms, help and the API's
   * document are drawn from its metadata: a field has a `title` and a `description`, and may have `examples` and, for
   * forms, an `x-section` that groups fields which few need.
   */
  readonly config: z.ZodType<Config>;
  /** Why a configuration and a secret, or the lack of one, do not go together; null when they do. */
  readonly secretProblem?: (config: Config, hasSecret: boolean) => string | null;
  /** True if such a target proves who it is by a token of ours in place of a secret; without it, none does. */
  readonly provesItself?: (config: Config) => boolean;
}

type Definition<Config> = Basics<Config> & SecretTraits;

/** True if what such a target has begun is followed to its end, so that we know what it runs. */
type Follows<Config> = (config: Config) => boolean;

/**
 * One kind of deployment target that takes one request, as its file in targets/ defines it. Adding one is such a file and
 * a line in targets/index.ts. `request` must be a pure function of the attempt, so that what is sent can be tested byte for byte.
 */
export type TargetDefinition<Config> = Definition<Config> & {
  /** Without `user-agent` among the headers, ours is added. Throws {@link UnsendableError}. */
  readonly request: (attempt: Attempt<Config>) => Promise<TargetRequest> | TargetRequest;
  /** For all other statuses: 2xx is done, 410 gone, all else a retry. */
  readonly statuses?: (config: Config) => StatusRules;
};

/** A kind of target that takes several requests, or must be asked how it goes. */
export type SteppedDefinition<Config> = Definition<Config> & {
  /** May throw {@link UnsendableError}, and whatever `send` throws. */
  readonly deliver: (attempt: Attempt<Config>, send: Sender) => Promise<Outcome>;
  readonly follows: Follows<Config>;
};

/** A target type for callers, who have its configuration as the database or a client gave it. */
export interface TargetType extends TargetTraits {
  /** Null: an administrator gives none. */
  readonly secretField: SecretField | null;
  readonly address: AddressField;
  readonly defaultUrl: string | null;
  /** For whoever describes the type. */
  readonly config: z.ZodType;
  /** Returns the configuration to store, with defaults filled in. */
  readonly parseConfig: (input: unknown) => Parsed<unknown>;
  readonly secretProblem: (config: unknown, hasSecret: boolean) => string | null;
  readonly provesItself: (config: unknown) => boolean;
  /** Targets of this type can be followed, so each of them deploys. */
  readonly canBeFollowed: boolean;
  /** True if one with this configuration is followed to its end. */
  readonly follows: (config: unknown) => boolean;
  /** Makes one attempt. Rejects with {@link UnsendableError} when none can succeed, and with what `send` throws. */
  readonly deliver: (attempt: Attempt<unknown>, send: Sender) => Promise<Outcome>;
}

/** One that takes one request. */
export interface RequestTargetType extends TargetType {
  readonly request: (attempt: Attempt<unknown>) => Promise<TargetRequest>;
  readonly judge: (status: number, config: unknown) => Judgement;
}

/** The event, secret or configuration does not fit the target: trying again is of no use. The message holds no secret. */
export class UnsendableError extends Error {
  override readonly name = "UnsendableError";
}

export const USER_AGENT = "Spacedock/1";

/**
 * Characters of a secret that is given, at least. What is shorter is guessed soon, and stands by chance in what receivers
 * answer, which is shown without it. One that was stored before this goes on working.
 */
export const MIN_SECRET = 8;

/** A secret that an administrator gives: what a header's value can hold. */
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

/** @param follows null: such a target takes one request, and tells us no more. */
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

/** The attempt with its configuration parsed. Throws UnsendableError where that, or the event, does not fit the type. */
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
