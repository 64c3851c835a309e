/**
 * One declaration for each operation of the management API: the router, the OpenAPI document and, made from that, the console's and the
 * command line's clients all come from it.
 */
import type { z } from "zod";
import type { Call } from "../call.ts";
import type { Guard, Guarded } from "../guard.ts";
import { readBody, readQuery } from "./input.ts";

type Schema = z.ZodType;
type Maybe = Schema | undefined;

/** A call whose body and query are read already, and only if the operation declares them. */
export type Unread<C extends Call> = Omit<C, "request"> & { readonly headers: Headers };

type Given<Q extends Maybe, B extends Maybe> = (Q extends Schema ? { readonly query: z.output<Q> } : object) &
  (B extends Schema ? { readonly body: z.output<B> } : object);

/** What a handler may return for a shape: lists and fields that nobody changes fit it, too. */
type Kept<T> = T extends readonly (infer E)[]
  ? readonly Kept<E>[]
  : T extends object
    ? { readonly [K in keyof T]: Kept<T[K]> }
    : T;

/** What an operation's handler returns. */
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
  /** As the router takes it. A verb is `…/:id/enable` for one thing, and `…:preview` for a collection. */
  readonly path: string;
  /** Where it was in an earlier version: it goes on answering there. */
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
  /** The answer's shape; absent: 204. */
  readonly answer?: A;
  /** The status of an operation that makes something is 201, and its address the request's own with this at its end. */
  readonly made?: A extends Schema ? (answer: Answer<A>) => string : never;
  /** True if the answer must be in no cache: it has a secret, or tells who asks. */
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
 * Declares an operation. The handler gets what the guard obtained, with the query and the body as the declaration has them: one that is
 * not declared cannot be read. It returns the answer, not a response.
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
