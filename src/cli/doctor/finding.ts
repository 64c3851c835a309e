import type { RegistryAddress } from "../client/reference.ts";
import type { Context } from "../context.ts";
import { CliError, type FailureKind } from "../exit.ts";
import type { Login } from "../logins.ts";
import type { Whoami } from "../../contract/operations.ts";

/** One line of what a doctor says. */
export interface Finding {
  readonly check: string;
  readonly status: "ok" | "warning" | "problem";
  readonly message: string;
  /** What to do; null where there is nothing. */
  readonly advice: string | null;
  /** How the command ends for it, if it is a problem. */
  readonly kind: FailureKind;
}

/** What there is to be looked at. */
export interface Patient {
  readonly context: Context;
  readonly registry: RegistryAddress;
  /** Null: nobody is logged in. */
  readonly login: Login | null;
  /** What the registry says of the login, once it was asked. */
  who: Whoami | null;
}

export function ok(check: string, message: string): Finding {
  return { check, status: "ok", message, advice: null, kind: "failure" };
}

export function warning(check: string, message: string, advice: string): Finding {
  return { check, status: "warning", message, advice, kind: "failure" };
}

export function problem(check: string, failure: unknown): Finding {
  if (!(failure instanceof CliError)) throw failure;
  if (failure.kind === "interrupted") throw failure;
  return { check, status: "problem", message: failure.message, advice: failure.hint, kind: failure.kind };
}
