import { z } from "zod";
import { CliError, type FailureKind } from "../exit.ts";
import { askedToWait } from "./backoff.ts";
import { type Answer, readStart } from "./transport.ts";

/** Enough of an error's body to find out what it says; the status has decided, so what is wrong with it is no other failure. */
const SAID = { bytes: 64 * 1024, milliseconds: 5000 };

/** An answer that is an error, as a person should hear of it; keeps the status and the specification's code. */
export class RefusedError extends CliError {
  readonly status: number;
  /** As `BLOB_UNKNOWN`; null where the body names none. */
  readonly code: string | null;
  /** What the answer itself said, or a sentence where it said nothing. */
  readonly reason: string;
  /** Milliseconds that the registry asked to be left alone for; null where it did not. */
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
  /** Digests of what it would take, and is not there. */
  readonly missing: readonly string[];
}

const registryProblem = z.object({
  errors: z.array(z.object({ code: z.string().optional(), message: z.string().optional() })).min(1),
});
const managementProblem = z.object({
  code: z.string().optional(),
  detail: z.string().optional(),
  title: z.string(),
  /** Each thing that is wrong with a request, or what else there is to say. */
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

/** Reads an answer that is an error: the registry's JSON, the management API's, or whatever page stands before them. */
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
  // Ours first: it has a list of errors as well, of another kind.
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

/** Where no registry speaks, but what stands in front of it: a page, or nothing at all. */
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
