import { z } from "zod";
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

// Zod would make code at run time, which the Content-Security-Policy refuses (and reports).
z.config({ jitless: true });

const problem: z.ZodType<Pick<Problem, "code" | "detail" | "errors">> = z.object({
  code: z.string(),
  detail: z.string(),
  errors: z.unknown().optional(),
});

/** What is wrong with each field of a request. */
const fieldProblems = z.array(z.object({ path: z.string(), message: z.string() })).min(1);

export type FieldProblem = z.output<typeof fieldProblems>[number];

/** What the API says of fields, if that is what an error is about. Paths are as in `match.tag.value`. */
export function fieldProblemsOf(error: Error | null): readonly FieldProblem[] {
  if (!(error instanceof ApiProblem)) return [];
  return fieldProblems.safeParse(error.errors).data ?? [];
}

/** An answer that is no success, with a sentence for whoever asked. */
export class ApiProblem extends Error {
  /** Of the answer; 0: none came. */
  readonly status: number;
  readonly code: string;
  /** What is wrong with each field, if the API says so. */
  readonly errors: unknown;

  constructor(status: number, code: string, message: string, errors?: unknown) {
    super(message);
    this.name = "ApiProblem";
    this.status = status;
    this.code = code;
    this.errors = errors;
  }
}

/** Asks the management API. Throws ApiProblem. */
export async function call<O extends OperationId>(
  id: O,
  input: OperationInput<O>,
  signal?: AbortSignal,
): Promise<OperationOutput<O>> {
  return parse(outputs[id].output, await ask(operations[id], input, signal));
}

/** One page of a list, from its cursor on. Throws ApiProblem. */
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

/** The API's sentence; where it is about fields, what it says of each. */
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
