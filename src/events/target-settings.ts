/** Checks the fields of a target that is created or changed. Throws REQUEST_INVALID with the field to correct. */
import { RegistryError } from "../oci/errors.ts";
import { addressProblem, type AddressRules } from "./address.ts";
import { makeWebhookSecret } from "./sign.ts";
import type { OpenTarget, TargetUpdate } from "./target-store.ts";
import { givenSecret, type TargetType } from "./target.ts";
import { findTargetType, targetTypeNames } from "./target-types.ts";

/** A target's address. */
export interface Address {
  readonly whole: string;
  /** The address as it may be shown: only its host, if the whole is as good as a password. */
  readonly shown: string;
}

/** The fields to change. */
export interface TargetChanges {
  readonly name?: string | undefined;
  readonly url?: string | undefined;
  /** The whole configuration, in place of the old one. */
  readonly config?: Readonly<Record<string, unknown>> | undefined;
  readonly deploys?: boolean | undefined;
  /** Null removes the secret. */
  readonly secret?: string | null | undefined;
}

export function requireTargetType(name: string): TargetType {
  const type = findTargetType(name);
  if (type === null) throw invalid("type", `it must be one of ${targetTypeNames().join(", ")}`);
  return type;
}

export function checkedAddress(
  { defaultUrl, secretAddress }: TargetType,
  given: string | undefined,
  rules: AddressRules,
): Address {
  const whole = given ?? defaultUrl;
  if (whole === null) throw invalid("url", "this type needs an address");
  const problem = addressProblem(whole, rules);
  if (problem !== null) throw invalid("url", problem);
  return { whole, shown: secretAddress ? `${new URL(whole).origin}/…` : whole };
}

/** Returns the configuration to store. @param hasSecret true if the target will have a secret */
export function checkedConfig(type: TargetType, input: unknown, hasSecret: boolean): unknown {
  const config = type.parseConfig(input);
  if (!config.ok) {
    const detail = config.problems.map(({ path, message }) => ({ path: ["config", path].join("."), message }));
    throw new RegistryError("REQUEST_INVALID", { message: "the request is not valid; see errors", detail });
  }
  const unfit = type.secretProblem(config.data, hasSecret);
  if (unfit !== null) throw invalid("secret", unfit);
  return config.data;
}

/**
 * True if a target of this type deploys, which is the default. Content that is kept needlessly can still
 * be deleted; content that was deleted while it ran cannot be pulled again.
 */
export function checkedDeploys({ type, canBeFollowed }: TargetType, given: boolean | undefined): boolean {
  if (canBeFollowed && given === false) {
    throw invalid("deploys", `targets of type ${type} always deploy: leave this out`);
  }
  return given ?? true;
}

/** Returns the secret for a target of this type; null for none. */
export function secretFor(type: TargetType, given: string | undefined): string | null {
  if (type.secret === "made") {
    if (given !== undefined)
      throw invalid("secret", "the registry creates this type's secret and shows it once: leave this out");
    return makeWebhookSecret();
  }
  if (type.secret === "none" && given !== undefined) throw invalid("secret", "this type has no secret: leave this out");
  if (type.secret === "given" && given === undefined) throw invalid("secret", "this type needs a secret");
  const problem = given === undefined ? undefined : givenSecret.safeParse(given).error?.issues[0]?.message;
  if (problem !== undefined) throw invalid("secret", problem);
  return given ?? null;
}

/**
 * Returns the changes to store. A secret goes only to the address that it was given for: otherwise an
 * administrator of the space could have it sent to themselves. With a new address, the registry replaces a
 * secret that it made, and a given one must be given again; the store makes sure of that. A target that
 * proves itself by its identity, which is its id, cannot move at all.
 */
export function changedTarget(opened: OpenTarget, changes: TargetChanges, rules: AddressRules): TargetUpdate {
  const { target } = opened;
  const type = requireTargetType(target.type);
  const isMoved = changes.url !== undefined && changes.url !== opened.address;
  if (isMoved && type.provesItself(target.config)) {
    throw invalid("url", "a server trusts this target's identity, so its address cannot change: create a new target");
  }
  const secret = changedSecret(type, changes.secret, isMoved);
  const hasSecret = (secret === undefined ? opened.secrets.current : secret) !== null;
  const isFitting = changes.config === undefined && secret === undefined;
  const config = isFitting ? undefined : checkedConfig(type, changes.config ?? target.config, hasSecret);
  const address = isMoved ? checkedAddress(type, changes.url, rules) : undefined;
  const deploys = changes.deploys === undefined ? undefined : checkedDeploys(type, changes.deploys);
  return { name: changes.name, address, config, deploys, secret };
}

/** Returns a target's new secret; undefined if it keeps its own. */
function changedSecret(
  type: TargetType,
  given: string | null | undefined,
  isMoved: boolean,
): string | null | undefined {
  if (type.secret === "made" && given === undefined) return isMoved ? secretFor(type, undefined) : undefined;
  if (type.secret === "made") throw invalid("secret", "the registry creates this type's secret: rotate it instead");
  return given === undefined ? undefined : secretFor(type, given ?? undefined);
}

/** Makes the error for a target that would move under its stored secret. */
export function secretWanted(): RegistryError {
  return invalid("secret", "give it again: the stored secret is not sent to a new address");
}

export function invalid(path: string, message: string): RegistryError {
  return new RegistryError("REQUEST_INVALID", { message: `${path}: ${message}`, detail: [{ path, message }] });
}
