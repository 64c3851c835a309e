import * as z from "zod";
import { CliError, type FailureKind } from "../exit.ts";
import { askedToWait } from "./backoff.ts";
import { type Answer, readStart } from "./transport.ts";

/** Limits on reading an error's body. The status has decided, so a faulty body is no further failure. */
const SAID = { bytes: 64 * 1024, milliseconds: 5000 };

/** An error answer as a sentence for people. Keeps the status and the specification's code. */
export class RefusedError extends CliError {
  readonly status: number;
  /** The code, as `BLOB_UNKNOWN`; null if the body names none. */
  readonly code: string | null;
  /** The message of the answer itself, or a sentence for its status if it has none. */
  readonly reason: string;
  /** Milliseconds that the registry asked to wait; null if it did not. */
  readonly asked: number | null;

  constructor(kind: FailureKind, host: string, { status, code, reason, asked = null, hint }: RefusedDetails) {
    super(kind, `${host}: ${reason} (${status})`, { hint });
    this.name = "RefusedError";
    this.status = status;
    this.code = code;
    this.reason = reason;
    this.asked = asked;
  }
}

interface RefusedDetails {
  readonly status: number;
  readonly code: string | null;
  readonly reason: string;
  readonly asked?: number | null;
  readonly hint?: string | undefined;
}

interface Problem {
  readonly code: string | null;
  readonly message: string;
  /** Digests of the content that the request needs and the registry lacks. */
  readonly missing: readonly string[];
}

const registryProblem = z.object({
  errors: z.array(z.object({ code: z.string().optional(), message: z.string().optional() })).min(1),
});
const managementProblem = z.object({
  code: z.string().optional(),
  detail: z.string().optional(),
  title: z.string(),
  /** Each fault of the request, or the digests that are missing. */
  errors: z
    .union([z.array(z.object({ path: z.string(), message: z.string() })), z.object({ missing: z.array(z.string()) })])
    .optional()
    .catch(undefined),
});

const KINDS: Readonly<Record<number, FailureKind>> = {
  400: "failure",
  401: "denied",
  403: "denied",
  404: "not-found",
  408: "unreachable",
  429: "unreachable",
  502: "unreachable",
  503: "unreachable",
  504: "unreachable",
};

/** Reads an error answer: the registry's JSON, the management API's, or a page from a proxy before them. */
export async function refusedAnswer(answer: Answer): Promise<RefusedError> {
  const { status, url } = answer;
  const text = (await readStart(answer, SAID)).toString("utf8");
  const problem = readProblem(text);
  const kind = KINDS[status] ?? "failure";
  return new RefusedError(kind, url.host, {
    status,
    code: problem?.code ?? null,
    reason: problem?.message ?? sentenceFor(status),
    asked: askedToWait(answer.headers),
    hint: hintFor(status, url, problem),
  });
}

function readProblem(text: string): Problem | null {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return null;
  }
  // The management API's format comes first: it has a list of errors too, of another kind.
  const management = managementProblem.safeParse(json);
  if (management.success) return ofManagement(management.data);
  const registry = registryProblem.safeParse(json);
  const [first] = registry.success ? registry.data.errors : [];
  if (first === undefined) return null;
  return { code: first.code ?? null, message: first.message || first.code || "unknown error", missing: [] };
}

function ofManagement({ code, detail, title, errors = [] }: z.output<typeof managementProblem>): Problem {
  const [wrong, missing] = Array.isArray(errors) ? [errors, []] : [[], errors.missing];
  const said = wrong.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`)).join("; ");
  return { code: code ?? null, message: said || (detail ?? title), missing };
}

/** Sentences for answers that come not from a registry but from a proxy before it: a page, or an empty body. */
const SENTENCES: Readonly<Record<number, string>> = {
  401: "the login was refused",
  403: "the request was refused before it reached a registry",
  404: "no registry at this address, or nothing of that name",
  413: "the request is larger than the proxy in front of the registry allows",
  429: "too many requests",
};

function sentenceFor(status: number): string {
  return SENTENCES[status] ?? (status >= 500 ? "the registry failed" : "the registry refused the request");
}

function hintFor(status: number, { host }: URL, problem: Problem | null): string | undefined {
  if (status === 401) return `Log in: spacedock login ${host}`;
  if (status === 413 && problem === null)
    return "Send smaller chunks: set --chunk-size below the limit of the zone's plan.";
  if (problem !== null && problem.missing.length > 0) return `Missing: ${problem.missing.join(", ")}`;
  if (status === 429) return "Wait a moment, then run it again.";
  return undefined;
}
