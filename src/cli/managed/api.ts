import * as z from "zod";
import type { Connection } from "../client/connection.ts";
import { drain, readText } from "../client/transport.ts";
import { CliError } from "../exit.ts";
import {
  addressOf,
  type Input,
  type ListItem,
  type ListOperationId,
  type ListPage,
  type Operation,
  type OperationId,
  type OperationInput,
  type OperationOutput,
  outputs,
  pages,
} from "../../contract/operation.ts";
import { operations } from "../../contract/operations.ts";

/** The management API, typed by its own OpenAPI document. */
export interface Management {
  /** The registry's host. */
  readonly host: string;
  /** Calls an operation. Throws RefusedError for a problem. */
  call<O extends OperationId>(operation: O, input: OperationInput<O>): Promise<OperationOutput<O>>;
  /** Yields all entries of a list, reading page by page. */
  list<O extends ListOperationId>(operation: O, input: OperationInput<O>): AsyncGenerator<ListItem<O>>;
  close(): Promise<void>;
}

const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

/**
 * Opens the management API.
 * @param beforeChange is called before an operation that changes something
 */
export function openManagementApi(connection: Connection, beforeChange: () => void = () => undefined): Management {
  return {
    host: connection.registry.host,
    call: (id, input) => {
      if (isChange(id)) beforeChange();
      return call(connection, id, input);
    },
    list: (id, input) => list(connection, id, input),
    close: () => connection.close(),
  };
}

/** True if the operation changes something. A preview does not, although it has a body. */
function isChange(id: OperationId): boolean {
  return operations[id].method !== "GET" && !id.startsWith("preview");
}

async function call<O extends OperationId>(connection: Connection, id: O, input: Input): Promise<OperationOutput<O>> {
  return parse(outputs[id].output, await ask(connection, operations[id], input), id);
}

async function* list<O extends ListOperationId>(
  connection: Connection,
  id: O,
  input: Input,
): AsyncGenerator<ListItem<O>> {
  let cursor: string | null = null;
  do {
    const query: Input["query"] = { ...input.query, ...(cursor !== null && { cursor }) };
    const page: ListPage<O> = parse(pages[id].output, await ask(connection, operations[id], { ...input, query }), id);
    yield* page.items;
    cursor = page.next;
  } while (cursor !== null);
}

async function ask(connection: Connection, operation: Operation, input: Input): Promise<unknown> {
  const { method, path, status } = operation;
  const address = addressOf(path, input);
  if (address === null) throw new CliError("not-found", `${named(input)} not found`);
  const bytes = input.body === undefined ? null : Buffer.from(JSON.stringify(input.body));
  const answer = await connection.ask({
    method,
    address,
    scopes: [],
    headers: { accept: "application/json", ...(bytes && { "content-type": "application/json" }) },
    ...(bytes && { body: { length: bytes.length, open: () => bytes } }),
    expect: [status],
    // If an answer was lost, the operation may have been done, and must not be done twice.
    retry: method === "GET",
  });
  if (status === 204) {
    await drain(answer);
    return null;
  }
  return parseJson(await readText(answer, MAX_ANSWER_BYTES));
}

function named({ path }: Input): string {
  return Object.values(path)
    .map((value) => JSON.stringify(value))
    .join(", ");
}

function parse<T>(schema: z.ZodType<T>, json: unknown, operation: string): T {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new CliError("invalid", `this version does not understand the registry's answer to ${operation}`, {
    hint: "Check that it is a Spacedock registry, and that spacedock has the same version.",
    cause: parsed.error,
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
