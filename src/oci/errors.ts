/**
 * Failures of a registry request. Each has the spec's error code (distribution spec, "Error Codes"), the HTTP status,
 * and a sentence for the person who reads it. Two failures may share a code.
 */
export const ERRORS = {
  BLOB_TOO_LARGE: { code: "SIZE_INVALID", status: 413, message: "the blob is too large: the limit is 48.8 GiB" },
  BODY_TOO_LARGE: {
    code: "SIZE_INVALID",
    status: 413,
    message: "the request's body is over the limit; push through `spacedock proxy`, which sends layers in chunks",
  },
  BLOB_UNKNOWN: { code: "BLOB_UNKNOWN", status: 404, message: "this repository has no such blob" },
  BLOB_UPLOAD_INVALID: { code: "BLOB_UPLOAD_INVALID", status: 400, message: "the upload cannot be continued" },
  BLOB_UPLOAD_UNKNOWN: {
    code: "BLOB_UPLOAD_UNKNOWN",
    status: 404,
    message: "no such upload session: it has ended or expired; start a new one",
  },
  CHUNK_OUT_OF_ORDER: {
    code: "BLOB_UPLOAD_INVALID",
    status: 416,
    message: "the chunk does not start where the upload stands; the Range header says how far it is",
  },
  CONTENT_GONE: {
    code: "CONTENT_GONE",
    status: 409,
    message: "some of its content is no longer stored; push it again (detail.missing lists the digests)",
  },
  DELETION_UNKNOWN: {
    code: "DELETION_UNKNOWN",
    status: 404,
    message: "nothing to restore: it was never deleted, or its time to be restored is over",
  },
  DELIVERY_ENDED: {
    code: "DELIVERY_ENDED",
    status: 409,
    message: "the delivery has ended; only one that is pending or running can be canceled",
  },
  DELIVERY_UNKNOWN: { code: "DELIVERY_UNKNOWN", status: 404, message: "the space has no such delivery" },
  DENIED: { code: "DENIED", status: 403, message: "the credential does not permit this" },
  DIGEST_INVALID: {
    code: "DIGEST_INVALID",
    status: 400,
    message: "a digest is sha256:<64 hex digits> or sha512:<128 hex digits>, in lower case",
  },
  DIGEST_MISMATCH: {
    code: "DIGEST_INVALID",
    status: 400,
    message: "the content does not have the digest that was given",
  },
  EVENT_UNKNOWN: { code: "EVENT_UNKNOWN", status: 404, message: "the space has no such event" },
  LOGINS_LIMITED: {
    code: "TOOMANYREQUESTS",
    status: 429,
    message: "too many logins failed from your network; wait a minute, then log in with a valid token",
  },
  MANIFEST_BLOB_UNKNOWN: {
    code: "MANIFEST_BLOB_UNKNOWN",
    status: 400,
    message: "the manifest refers to content that this repository does not have; push it first",
  },
  MANIFEST_INVALID: { code: "MANIFEST_INVALID", status: 400, message: "the manifest is not valid" },
  MANIFEST_TOO_LARGE: { code: "MANIFEST_INVALID", status: 413, message: "a manifest may have 4 MiB at most" },
  MANIFEST_UNKNOWN: {
    code: "MANIFEST_UNKNOWN",
    status: 404,
    message: "this repository has no such manifest or tag",
  },
  METHOD_NOT_ALLOWED: {
    code: "UNSUPPORTED",
    status: 405,
    message: "this address does not support that method; the Allow header lists those it does",
  },
  NAME_INVALID: {
    code: "NAME_INVALID",
    status: 400,
    message:
      "a repository is <space>/<path>: lower-case letters and digits, separated by '.', '_', '__', dashes or '/', 255 characters at most",
  },
  NAME_UNKNOWN: { code: "NAME_UNKNOWN", status: 404, message: "no such repository" },
  PAGINATION_NUMBER_INVALID: {
    code: "PAGINATION_NUMBER_INVALID",
    status: 400,
    message: "n is the page's size: a whole number, 0 or more",
  },
  PRECONDITION_FAILED: {
    code: "PRECONDITION_FAILED",
    status: 412,
    message:
      "what is there is not what If-Match or If-None-Match asks for, so nothing was changed; look what the tag points to now, and decide again",
  },
  RANGE_INVALID: { code: "RANGE_INVALID", status: 416, message: "no part of the range lies within the content" },
  NOTHING_TO_REVERT: {
    code: "NOTHING_TO_REVERT",
    status: 409,
    message: "this tag has pointed to nothing else; give a digest to move it to",
  },
  NOTHING_TO_TEST: {
    code: "NOTHING_TO_TEST",
    status: 409,
    message: "no recent push matches; push something, or name a repository and tag",
  },
  REPOSITORIES_FULL: {
    code: "DENIED",
    status: 403,
    message:
      "the space has reached its limit of repositories; push to an existing one, delete one, or ask the registry's administrator for more",
  },
  REPOSITORY_EXISTS: {
    code: "REPOSITORY_EXISTS",
    status: 409,
    message: "a repository of that name exists again; delete it first, or keep it",
  },
  REQUEST_INVALID: { code: "REQUEST_INVALID", status: 400, message: "the request is not valid" },
  REQUEST_TOO_LARGE: { code: "REQUEST_INVALID", status: 413, message: "the request's body is too large" },
  RETENTION_KEEPS_NOTHING: {
    code: "CONFIRMATION_REQUIRED",
    status: 409,
    message:
      'the rule keeps nothing but immutable and deployed tags; add newest, newerThanDays, pulledWithinDays or tags to "keep", or send "confirm": true',
  },
  RETENTION_RULES_FULL: {
    code: "RETENTION_RULES_FULL",
    status: 409,
    message: "the space has 20 retention rules, which is the limit; delete one, or add patterns to one",
  },
  RETENTION_RULE_UNKNOWN: {
    code: "RETENTION_RULE_UNKNOWN",
    status: 404,
    message: "the space has no such retention rule",
  },
  ROUTE_UNKNOWN: { code: "UNSUPPORTED", status: 404, message: "there is nothing at this address" },
  SCOPE_INSUFFICIENT: { code: "UNAUTHORIZED", status: 401, message: "the token does not permit this" },
  SPACE_UNKNOWN: { code: "NAME_UNKNOWN", status: 404, message: "no such space" },
  SIZE_INVALID: {
    code: "SIZE_INVALID",
    status: 400,
    message: "the content does not have the size that was given",
  },
  SPACE_FULL: {
    code: "DENIED",
    status: 403,
    message:
      "the space has reached its storage limit; delete what is not needed, or ask the registry's administrator for more",
  },
  SPACE_EXISTS: { code: "SPACE_EXISTS", status: 409, message: "a space of that name already exists" },
  STORAGE_BUSY: {
    code: "TOOMANYREQUESTS",
    status: 429,
    message: "the storage is busy; try again in a few seconds",
  },
  TAG_EXISTS: { code: "TAG_EXISTS", status: 409, message: "the tag exists; use revert to move it back" },
  TAG_IMMUTABLE: {
    code: "DENIED",
    status: 403,
    message:
      "the tag is immutable: its repository or space forbids moving and deleting tags of this pattern; push under another tag, or ask the space's administrator",
  },
  TAG_INVALID: {
    code: "TAG_INVALID",
    status: 400,
    message: "a tag has 1 to 128 letters, digits, '_', '.' or '-', and starts with a letter, digit or '_'",
  },
  TAG_MOVED: {
    code: "TAG_MOVED",
    status: 409,
    message: "someone else has moved the tag in the meantime; check its history and try again",
  },
  TARGET_UNKNOWN: { code: "TARGET_UNKNOWN", status: 404, message: "the space has no such target" },
  TRIGGER_UNKNOWN: { code: "TRIGGER_UNKNOWN", status: 404, message: "the space has no such trigger" },
  TOKEN_UNKNOWN: { code: "TOKEN_UNKNOWN", status: 404, message: "the space has no such token" },
  TOKEN_INVALID: {
    code: "UNAUTHORIZED",
    status: 401,
    message: "the password or token is wrong, revoked or expired; log in again",
  },
  UNAUTHORIZED: { code: "UNAUTHORIZED", status: 401, message: "log in to the registry first" },
  UNKNOWN: { code: "UNKNOWN", status: 500, message: "unexpected error; look for the request id in the log" },
  UNSUPPORTED: { code: "UNSUPPORTED", status: 405, message: "this is not supported" },
  UPLOADS_FULL: {
    code: "TOOMANYREQUESTS",
    status: 429,
    message:
      "this token has as many uploads open as it may have, which is 200; finish or cancel some, or wait: one that brings nothing no longer counts after 15 minutes",
  },
  URI_TOO_LONG: { code: "UNSUPPORTED", status: 414, message: "the address of the request is too long" },
} as const satisfies Record<string, { code: string; status: number; message: string }>;

export type ErrorKind = keyof typeof ERRORS;

export interface ErrorOptions {
  /** Replaces the kind's sentence with a more helpful one. */
  readonly message?: string;
  /** Machine-readable details, for the error body's `detail`. */
  readonly detail?: unknown;
  /** Response headers that belong to the error, such as `Range` or `Retry-After`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Scopes that a token would need, if that is more than the route itself asks for. */
  readonly scopes?: readonly string[];
  readonly cause?: unknown;
}

/** An error that a client caused. It is the only one that use cases, authorization and handlers throw for that. */
export class RegistryError extends Error {
  readonly kind: ErrorKind;
  readonly detail: unknown;
  readonly headers: Readonly<Record<string, string>>;
  readonly scopes: readonly string[] | null;

  constructor(kind: ErrorKind, options: ErrorOptions = {}) {
    super(options.message ?? ERRORS[kind].message, { cause: options.cause });
    this.name = "RegistryError";
    this.kind = kind;
    this.detail = options.detail;
    this.headers = options.headers ?? {};
    this.scopes = options.scopes ?? null;
  }
}
