import { z } from "zod";
import type { Connection } from "../client/connection.ts";
import { drain, readText } from "../client/transport.ts";
import { CliError } from "../exit.ts";
import { operations } from "./operations.ts";

type Operations = typeof operations;

type OperationId = keyof Operations;

type PathParameter<P extends string> = P extends `${string}{${infer Name}}${infer Rest}`
  ? Name | PathParameter<Rest>
  : never;

type QueryOf<O> = O extends { readonly query: infer Q extends z.ZodType } ? { readonly query?: z.input<Q> } : unknown;
type BodyOf<O> = O extends { readonly body: infer B extends z.ZodType } ? { readonly body: z.input<B> } : unknown;

/** What an operation is asked with: the parameters of its path, its query and its body, where it has them. */
type OperationInput<O extends OperationId> = {
  readonly path: Readonly<Record<PathParameter<Operations[O]["path"]>, string>>;
} & QueryOf<Operations[O]> &
  BodyOf<Operations[O]>;

type OperationOutput<O extends OperationId> = z.output<Operations[O]["output"]>;

/** The operations that answer with a page of a list. */
type ListOperationId = {
  [O in OperationId]: OperationOutput<O> extends { readonly items: readonly unknown[] } ? O : never;
}[OperationId];

type ListItem<O extends ListOperationId> =
  OperationOutput<O> extends { readonly items: readonly (infer T)[] } ? T : never;

interface ListPage<O extends ListOperationId> {
  readonly items: readonly ListItem<O>[];
  readonly next: string | null;
}

/** The management API, typed by its own OpenAPI document. */
export interface Management {
  /** The registry's host. */
  readonly host: string;
  /** Throws RefusedError for a problem. */
  call<O extends OperationId>(operation: O, input: OperationInput<O>): Promise<OperationOutput<O>>;
  /** All entries of a list, page by page. */
  list<O extends ListOperationId>(operation: O, input: OperationInput<O>): AsyncGenerator<ListItem<O>>;
  close(): Promise<void>;
}

interface Operation {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly path: string;
  readonly status: number;
  readonly output: z.ZodType;
}

interface Input {
  readonly path: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
}

const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

export function openManagementApi(connection: Connection): Management {
  return {
    host: connection.registry.host,
    call: (id, input) => call(connection, id, input),
    list: (id, input) => list(connection, id, input),
    close: () => connection.close(),
  };
}

/** The operations again, typed so that an operation's id decides what it gives. */
const outputs: { readonly [O in OperationId]: { readonly output: z.ZodType<OperationOutput<O>> } } = operations;
const pages: { readonly [O in ListOperationId]: { readonly output: z.ZodType<ListPage<O>> } } = operations;

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
  const bytes = input.body === undefined ? null : Buffer.from(JSON.stringify(input.body));
  const answer = await connection.ask({
    method,
    address: addressOf(path, input),
    scopes: [],
    headers: { accept: "application/json", ...(bytes && { "content-type": "application/json" }) },
    ...(bytes && { body: { length: bytes.length, open: () => bytes } }),
    expect: [status],
    // What a lost answer did may not be done twice.
    retry: method === "GET",
  });
  if (status === 204) {
    await drain(answer);
    return null;
  }
  return parseJson(await readText(answer, MAX_ANSWER_BYTES));
}

function addressOf(path: string, { path: parameters, query = {} }: Input): string {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    (parameters[name] ?? "").split("/").map(encodeURIComponent).join("/"),
  );
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value));
  return search.size === 0 ? filled : `${filled}?${search.toString()}`;
}

function parse<T>(schema: z.ZodType<T>, json: unknown, operation: string): T {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new CliError("invalid", `the registry's answer to ${operation} is not what this version understands`, {
    hint: "Is it a Spacedock registry, and spacedock of the same version?",
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
