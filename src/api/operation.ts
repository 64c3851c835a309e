/**
 * Declares each operation of the management API once, for the router and for the OpenAPI document. The
 * clients of the console and of the command line are made from that document.
 */
import type * as z from "zod";
import type { Call } from "../call.ts";
import type { Guard, Guarded } from "../guard.ts";
import { readBody, readQuery } from "./input.ts";

type Schema = z.ZodType;
type Maybe = Schema | undefined;

/** A call without its request. It has a query and a body, parsed, only if the operation declares them. */
export type Unread<C extends Call> = Omit<C, "request"> & { readonly headers: Headers };

type Given<Q extends Maybe, B extends Maybe> = (Q extends Schema ? { readonly query: z.output<Q> } : object) &
  (B extends Schema ? { readonly body: z.output<B> } : object);

/** The values that a handler may return for a shape, with lists and fields that may be readonly. */
type Kept<T> = T extends readonly (infer E)[]
  ? readonly Kept<E>[]
  : T extends object
    ? { readonly [K in keyof T]: Kept<T[K]> }
    : T;

/** The result of an operation's handler. */
export type Answer<A extends Maybe> = A extends Schema ? Kept<z.input<A>> : void;

/** An answer with headers of its own. */
export class Headed<T> {
  readonly answer: T;
  readonly headers: Readonly<Record<string, string>>;

  constructor(answer: T, headers: Readonly<Record<string, string>>) {
    this.answer = answer;
    this.headers = headers;
  }
}

interface Described {
  /** The operation's id in the OpenAPI document, and its name in the clients made from that. */
  readonly id: string;
  readonly method: string;
  /** The path for the router. A verb is `…/:id/enable` for one thing, and `…:preview` for a collection. */
  readonly path: string;
  /** The path of an earlier version, which still answers. */
  readonly formerly?: string;
  /** One sentence for the reference, in the imperative. */
  readonly summary: string;
}

interface Declaration<C extends Call, Q extends Maybe, B extends Maybe, A extends Maybe> extends Described {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly path: `/api/v1/${string}`;
  readonly formerly?: `/api/v1/${string}`;
  readonly guard: Guard<C>;
  readonly query?: Q;
  readonly body?: B;
  /** The answer's shape; if absent, the status is 204. */
  readonly answer?: A;
  /**
   * Returns the last part of the address of the thing that the operation made; the router adds it to the
   * request's own address. If present, the status is 201.
   */
  readonly made?: A extends Schema ? (answer: Answer<A>) => string : never;
  /** True if no cache may keep the answer, because it has a secret or identifies the caller. */
  readonly noStore?: true;
  readonly run: (
    call: Unread<C> & Given<Q, B>,
  ) => Promise<Answer<A> | Headed<Answer<A>>> | Answer<A> | Headed<Answer<A>>;
}

/** An operation for the router and the document, whatever its types. */
export interface Operation extends Described {
  readonly query: Maybe;
  readonly body: Maybe;
  readonly answer: Maybe;
  readonly status: 200 | 201 | 204;
  readonly guarded: Guarded;
}

/**
 * Declares an operation. Its handler gets the guard's result, and the query and the body as declared; it
 * cannot read what is not declared. It returns the answer, not a response.
 */
export function defineOperation<
  C extends Call,
  Q extends Maybe = undefined,
  B extends Maybe = undefined,
  A extends Maybe = undefined,
>(declaration: Declaration<C, Q, B, A>): Operation {
  const { guard, run, query, body, answer, made, noStore = false, ...described } = declaration;
  const status = answer === undefined ? 204 : made === undefined ? 200 : 201;
  const guarded = guard(async ({ request, ...rest }: C) => {
    const given = await read(query, body, { ...rest, request });
    const outcome = await run({ ...rest, headers: request.headers, ...given });
    const { answer: value, headers } = outcome instanceof Headed ? outcome : new Headed(outcome, {});
    const location = made && { Location: `${rest.url.pathname}/${made(value)}` };
    return respond(status, value, { ...(noStore && { "Cache-Control": "no-store" }), ...location, ...headers });
  });
  return { ...described, query, body, answer, status, guarded };
}

async function read<Q extends Maybe, B extends Maybe>(
  query: Q | undefined,
  body: B | undefined,
  call: Call,
): Promise<Given<Q, B>>;
async function read(query: Maybe, body: Maybe, call: Call): Promise<object> {
  return {
    ...(query !== undefined && { query: readQuery(query, call) }),
    ...(body !== undefined && { body: await readBody(body, call) }),
  };
}

function respond(status: number, value: unknown, headers: Readonly<Record<string, string>>): Response {
  return status === 204 ? new Response(null, { status, headers }) : Response.json(value, { status, headers });
}
