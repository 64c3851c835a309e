import type * as z from "zod";
import { operations } from "./operations.ts";

/** The types and addresses of our API's operations, for the command line and the console. */

type Operations = typeof operations;

export type OperationId = keyof Operations;

type PathParameter<P extends string> = P extends `${string}{${infer Name}}${infer Rest}`
  ? Name | PathParameter<Rest>
  : never;

type QueryOf<O> = O extends { readonly query: infer Q extends z.ZodType } ? { readonly query?: z.input<Q> } : unknown;
type BodyOf<O> = O extends { readonly body: infer B extends z.ZodType } ? { readonly body: z.input<B> } : unknown;

/** The input of an operation: the parameters of its path, its query and its body, as far as it has them. */
export type OperationInput<O extends OperationId> = {
  readonly path: Readonly<Record<PathParameter<Operations[O]["path"]>, string>>;
} & QueryOf<Operations[O]> &
  BodyOf<Operations[O]>;

export type OperationOutput<O extends OperationId> = z.output<Operations[O]["output"]>;

/** The operations that answer with a page of a list. */
export type ListOperationId = {
  [O in OperationId]: OperationOutput<O> extends { readonly items: readonly unknown[] } ? O : never;
}[OperationId];

export type ListItem<O extends ListOperationId> =
  OperationOutput<O> extends { readonly items: readonly (infer T)[] } ? T : never;

export interface ListPage<O extends ListOperationId> {
  readonly items: readonly ListItem<O>[];
  readonly next: string | null;
}

export interface Operation {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly path: string;
  readonly status: number;
  readonly output: z.ZodType;
}

export interface Input {
  readonly path: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
}

/** The operations again, typed so that an operation's id decides the type of its output. */
export const outputs: { readonly [O in OperationId]: { readonly output: z.ZodType<OperationOutput<O>> } } = operations;
export const pages: { readonly [O in ListOperationId]: { readonly output: z.ZodType<ListPage<O>> } } = operations;

/** Values that cannot be a URL's segment: URLs drop them or read them as the path above, even if escaped. */
const FOLDED: ReadonlySet<string> = new Set(["", ".", ".."]);

/** Returns an operation's address with its parameters filled in; null if one of them cannot be part of an address, as `..`. */
export function addressOf(path: string, { path: parameters, query = {} }: Input): string | null {
  const segments = (name: string): readonly string[] => (parameters[name] ?? "").split("/");
  const names = Array.from(path.matchAll(/\{(\w+)\}/g), ([, name = ""]) => name);
  if (names.flatMap(segments).some((segment) => FOLDED.has(segment))) return null;
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => segments(name).map(encodeURIComponent).join("/"));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value));
  return search.size === 0 ? filled : `${filled}?${search.toString()}`;
}
