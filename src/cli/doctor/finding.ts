import type { RegistryAddress } from "../client/reference.ts";
import type { Context } from "../context.ts";
import { CliError, type FailureKind } from "../exit.ts";
import type { Login } from "../logins.ts";
import type { Whoami } from "../../contract/operations.ts";

/** One line of the doctor's report. */
export interface Finding {
  readonly check: string;
  readonly status: "ok" | "warning" | "problem";
  readonly message: string;
  /** The next step for the user; null if there is none. */
  readonly advice: string | null;
  /** The exit kind of the command, if this is a problem. */
  readonly kind: FailureKind;
}

/** The registry that is examined, and its login. */
export interface Patient {
  readonly context: Context;
  readonly registry: RegistryAddress;
  /** The login; null: nobody is logged in. */
  readonly login: Login | null;
  /** The registry's answer about the login; null until it was asked. */
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
