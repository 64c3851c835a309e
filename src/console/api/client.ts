import * as z from "zod";
import {
  addressOf,
  type Input,
  type ListOperationId,
  type ListPage,
  type Operation,
  type OperationId,
  type OperationInput,
  type OperationOutput,
  outputs,
  pages,
} from "../../contract/operation.ts";
import { operations, type Problem } from "../../contract/operations.ts";

// Without this, Zod generates code at run time: the Content-Security-Policy refuses that, and reports it.
z.config({ jitless: true });

const problem: z.ZodType<Pick<Problem, "code" | "detail" | "errors">> = z.object({
  code: z.string(),
  detail: z.string(),
  errors: z.unknown().optional(),
});

/** The problems of a request, by field. */
const fieldProblems = z.array(z.object({ path: z.string(), message: z.string() })).min(1);

export type FieldProblem = z.output<typeof fieldProblems>[number];

/**
 * Returns the API's problems with single fields; none if the error is about something else. Paths look like
 * `match.tag.value`.
 */
export function fieldProblemsOf(error: Error | null): readonly FieldProblem[] {
  if (!(error instanceof ApiProblem)) return [];
  return fieldProblems.safeParse(error.errors).data ?? [];
}

/** An unsuccessful answer, with a sentence for the reader. */
export class ApiProblem extends Error {
  /** The answer's status; 0 if none came. */
  readonly status: number;
  readonly code: string;
  /** The problems of each field, if the API names them. */
  readonly errors: unknown;

  constructor(status: number, code: string, message: string, errors?: unknown) {
    super(message);
    this.name = "ApiProblem";
    this.status = status;
    this.code = code;
    this.errors = errors;
  }
}

/** Calls an operation of the management API. Throws ApiProblem. */
export async function call<O extends OperationId>(
  id: O,
  input: OperationInput<O>,
  signal?: AbortSignal,
): Promise<OperationOutput<O>> {
  return parse(outputs[id].output, await ask(operations[id], input, signal));
}

/** Returns one page of a list, beginning at its cursor. Throws ApiProblem. */
export async function callPage<O extends ListOperationId>(
  id: O,
  input: Input,
  cursor: string | null,
  signal: AbortSignal,
): Promise<ListPage<O>> {
  const query = { ...input.query, ...(cursor !== null && { cursor }) };
  return parse(pages[id].output, await ask(operations[id], { ...input, query }, signal));
}

async function ask(
  { method, path, status }: Operation,
  input: Input,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  const address = addressOf(path, input);
  if (address === null) throw new ApiProblem(404, "NAME_UNKNOWN", "No such name can exist.");
  const request: RequestInit = {
    method,
    headers: { Accept: "application/json", "X-Spacedock-Console": "1" },
    body: input.body === undefined ? null : JSON.stringify(input.body),
    signal: signal ?? null,
  };
  const response = await fetch(address, request).catch((cause: unknown) => {
    signal?.throwIfAborted();
    throw new ApiProblem(
      0,
      "UNREACHABLE",
      "The registry cannot be reached. Check your connection and try again.",
      cause,
    );
  });
  const json: unknown = response.status === 204 ? null : await response.json().catch(() => undefined);
  if (response.status === status) return json;
  const { data } = problem.safeParse(json);
  if (data === undefined) {
    throw new ApiProblem(
      response.status,
      "UNKNOWN",
      `The registry answered ${response.status}. Try again in a moment.`,
    );
  }
  throw new ApiProblem(response.status, data.code, sentenceOf(data), data.errors);
}

/** Returns the API's sentence; for problems with fields, the problem of each. */
function sentenceOf({ detail, errors }: Pick<Problem, "detail" | "errors">): string {
  const fields = fieldProblems.safeParse(errors);
  if (!fields.success) return detail;
  return fields.data.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`)).join("; ");
}

function parse<T>(schema: z.ZodType<T>, json: unknown): T {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new ApiProblem(200, "NOT_UNDERSTOOD", "The registry has been updated. Reload the page.", parsed.error);
}
