import { z } from "zod";
import { type Parsed, parseInput } from "../oci/parse-input.ts";
import type { EventType, RegistryEvent } from "./event.ts";

/** What one attempt of a delivery has to go on. */
export interface Attempt<Config> {
  readonly event: RegistryEvent;
  /** `dlv_…`: the same for every attempt of one delivery. */
  readonly deliveryId: string;
  readonly now: Date;
  /** Where to send it, as the space's administrator gave it; checked before each attempt. */
  readonly url: string;
  readonly config: Config;
  /** Those that are valid now: the newest first, and the one before it for a day after a rotation. */
  readonly secrets: readonly string[];
}

/** A request to a target. Redirects are never followed. */
export interface TargetRequest {
  readonly url: string;
  readonly method: "GET" | "POST" | "PUT";
  /** Names are in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

/** What an answer means: `done`; `retry` later; `failed` for good; `gone`: and the target should be switched off. */
export type Verdict = "done" | "retry" | "failed" | "gone";

interface Judgement {
  readonly verdict: Verdict;
  /** A sentence for the operator, where the status alone does not say it. */
  readonly reason: string | null;
}

/** Statuses that mean something of their own to a target. */
export type StatusRules = Readonly<Record<number, Judgement>>;

/** `made`: we make one and show it once. `given`: the administrator gives one. `none`: it has none. */
type SecretRule = "made" | "given" | "optional" | "none";

/** What every target type has, whatever its configuration. */
interface TargetTraits {
  /** As the management API names it, as in `standard-webhook`. */
  readonly type: string;
  /** One sentence for the API's reference: what it is and who takes it. */
  readonly summary: string;
  readonly secret: SecretRule;
  /** What its format has words for. Nothing else can be sent to it. */
  readonly events: readonly EventType[];
}

/**
 * One kind of deployment target, as its file in targets/ defines it. Adding one is such a file and a line in targets/index.ts.
 * `request` must be a pure function of the attempt, so that what is sent can be tested byte for byte.
 */
export interface TargetDefinition<Config> extends TargetTraits {
  /** Where it is, if the administrator gives no address. */
  readonly defaultUrl?: string;
  /** What the target needs beside its address and secret: strict, and its output must be valid input again. */
  readonly config: z.ZodType<Config>;
  /** Without `user-agent` among the headers, ours is added. Throws {@link UnsendableError}. */
  readonly request: (attempt: Attempt<Config>) => Promise<TargetRequest> | TargetRequest;
  /** For all other statuses: 2xx is done, 410 gone, all else a retry. */
  readonly statuses?: (config: Config) => StatusRules;
}

/** A target type for callers, who have its configuration as the database or a client gave it. */
export interface TargetType extends TargetTraits {
  readonly defaultUrl: string | null;
  /** For the API's reference. */
  readonly config: z.ZodType;
  /** What it gives is what to store, with defaults filled in. */
  readonly parseConfig: (input: unknown) => Parsed<unknown>;
  /** Rejects with {@link UnsendableError} when no attempt can succeed. */
  readonly request: (attempt: Attempt<unknown>) => Promise<TargetRequest>;
  readonly judge: (status: number, config: unknown) => Judgement;
}

/** The event, secret or configuration does not fit the target: trying again is of no use. The message holds no secret. */
export class UnsendableError extends Error {
  override readonly name = "UnsendableError";
}

export const USER_AGENT = "Spacedock/1";

/** A secret that an administrator gives: what a header's value can hold. */
export const givenSecret = z
  .string()
  .max(2000)
  .regex(/^[!-~](?:[ -~]*[!-~])?$/, "visible ASCII characters; spaces only between them");

export function defineTarget<Config>(definition: TargetDefinition<Config>): TargetType {
  const { type, summary, secret, events, defaultUrl = null, config: schema, request, statuses } = definition;
  return {
    type,
    summary,
    secret,
    events,
    defaultUrl,
    config: schema,
    parseConfig: (input) => parseInput(schema, input),

    async request(attempt) {
      if (!events.includes(attempt.event.type)) {
        throw new UnsendableError(`${type} has no form for ${attempt.event.type}`);
      }
      const config = parseInput(schema, attempt.config);
      if (!config.ok) throw new UnsendableError(`the target's config no longer fits ${type}`);
      const made = await request({ ...attempt, config: config.data });
      return { ...made, headers: { "user-agent": USER_AGENT, ...made.headers } };
    },

    judge(status, config) {
      const parsed = parseInput(schema, config);
      return (parsed.ok ? statuses?.(parsed.data)[status] : undefined) ?? usualJudgement(status);
    },
  };
}

function usualJudgement(status: number): Judgement {
  if (status >= 200 && status < 300) return { verdict: "done", reason: null };
  return { verdict: status === 410 ? "gone" : "retry", reason: null };
}
