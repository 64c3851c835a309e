import { challenge, type ChallengeError } from "../auth/challenge.ts";
import type { TokenRealm } from "../auth/tokens.ts";
import { ERRORS, type ErrorKind, RegistryError } from "../oci/errors.ts";

/** The form of errors: the spec's JSON, the management API's problem details (RFC 9457), or OAuth's. */
export type ErrorStyle = "registry" | "problem" | "oauth";

export interface ErrorContext {
  readonly style: ErrorStyle;
  readonly realm: TokenRealm;
  readonly scopes: readonly string[];
  /** Identifies the request in the log. */
  readonly requestId: string;
}

const CHALLENGE_ERROR: Partial<Record<ErrorKind, ChallengeError>> = {
  TOKEN_INVALID: "invalid_token",
  SCOPE_INSUFFICIENT: "insufficient_scope",
};

/**
 * Turns an error into a response; no other place does. An error that is no {@link RegistryError} is logged, and the
 * client gets the request's id alone.
 */
export function errorResponse(fault: unknown, context: ErrorContext): Response {
  const error = fault instanceof RegistryError ? fault : registryError(fault, context.requestId);
  const { status } = ERRORS[error.kind];
  const headers = new Headers(error.headers);
  if (status === 401) headers.set("WWW-Authenticate", challengeFor(error, context));
  return new Response(JSON.stringify(bodyOf(error, context)), { status, headers: withType(headers, context.style) });
}

/** Like {@link errorResponse}, if the installation's settings are too incomplete to answer anything. */
export function unavailable(fault: unknown, requestId: string): Response {
  const realm = { issuer: "", service: "" };
  return errorResponse(fault, { style: "registry", realm, scopes: [], requestId });
}

/**
 * Matches faults of the platform that pass by themselves: D1 or a Durable Object overloaded, R2 unavailable or
 * limiting.
 */
const TRANSIENT = /\((?:10001|10043|10054|10058)\)|overloaded|Network connection lost|D1_ERROR: .*reset/;

function registryError(fault: unknown, requestId: string): RegistryError {
  console.error(JSON.stringify({ requestId, fault: describe(fault) }));
  if (fault instanceof Error && TRANSIENT.test(fault.message)) {
    return new RegistryError("STORAGE_BUSY", { headers: { "Retry-After": "5" }, cause: fault });
  }
  return new RegistryError("UNKNOWN", { detail: { requestId }, cause: fault });
}

function describe(fault: unknown): string {
  return fault instanceof Error ? (fault.stack ?? fault.message) : String(fault);
}

function challengeFor(error: RegistryError, { style, realm, scopes }: ErrorContext): string {
  if (style !== "registry") return "Bearer";
  return challenge(realm, error.scopes ?? scopes, CHALLENGE_ERROR[error.kind] ?? null);
}

function bodyOf(error: RegistryError, { style }: ErrorContext): object {
  const { code, status, message: title } = ERRORS[error.kind];
  const { message, detail } = error;
  switch (style) {
    case "registry":
      return { errors: [{ code, message, ...(detail !== undefined && { detail }) }] };
    case "problem":
      return {
        type: "about:blank",
        title,
        status,
        code,
        detail: message,
        ...(detail !== undefined && { errors: detail }),
      };
    case "oauth":
      return {
        error: status === 401 ? "invalid_grant" : "invalid_request",
        error_description: message,
        errors: [{ code, message }],
      };
  }
}

function withType(headers: Headers, style: ErrorStyle): Headers {
  headers.set("Content-Type", style === "problem" ? "application/problem+json" : "application/json");
  return headers;
}
