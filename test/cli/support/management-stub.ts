import type { IncomingMessage, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import type * as z from "zod";
import { operations } from "../../../src/contract/operations.ts";
import type { Environment } from "../../../src/cli/context.ts";
import { reply, serve, urlOf } from "./server.ts";

type OperationId = keyof typeof operations;

/** A request, as `GET /api/v1/spaces?limit=1`, with its body. */
interface Asked {
  readonly what: string;
  readonly body: unknown;
  readonly authorization: string | null;
}

interface Answered {
  readonly status: number;
  readonly body: string;
}

/** Stands in for the management API: it answers as it was told, in the form of the OpenAPI document, and notes the requests. */
export interface ManagementStub {
  readonly host: string;
  /** The command's environment, with the stub as its registry and a token. */
  readonly env: Environment;
  readonly asked: readonly Asked[];
  /** Sets an answer to an operation. The last one is given again and again. */
  on<O extends OperationId>(
    operation: O,
    path: Readonly<Record<string, string>>,
    ...outputs: readonly z.input<(typeof operations)[O]["output"]>[]
  ): void;
  /** Sets a problem as the answer, with its fields besides words. */
  refuse(
    operation: OperationId,
    path: Readonly<Record<string, string>>,
    status: number,
    code: string,
    errors?: unknown,
  ): void;
  /** The requests that change something: method, address and body. */
  readonly changes: readonly (readonly [string, unknown])[];
}

export async function stubManagement(): Promise<ManagementStub> {
  const answers = new Map<string, Answered[]>();
  const asked: Asked[] = [];
  const server = await serve((request, response) => void answer(request, response, answers, asked));
  const put = (operation: OperationId, path: Readonly<Record<string, string>>, answered: readonly Answered[]): void => {
    const { method, path: template } = operations[operation];
    const address = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => path[name] ?? "");
    answers.set(`${method} ${address}`, [...answered]);
  };
  return {
    host: server.host,
    env: { SPACEDOCK_REGISTRY: server.host, SPACEDOCK_TOKEN: "sdt_secret", HOME: "/nowhere" },
    asked,
    on: (operation, path, ...outputs) => {
      const { output, status } = operations[operation];
      put(
        operation,
        path,
        outputs.map((one) => ({ status, body: status === 204 ? "" : JSON.stringify(output.parse(one)) })),
      );
    },
    refuse: (operation, path, status, code, errors) => {
      const body = JSON.stringify({ type: "about:blank", title: code, status, code, detail: `it is ${code}`, errors });
      put(operation, path, [{ status, body }]);
    },
    get changes() {
      return asked.flatMap(({ what, body }) => (what.startsWith("GET ") ? [] : [[what, body] as const]));
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  answers: ReadonlyMap<string, Answered[]>,
  asked: Asked[],
): Promise<void> {
  const content = await text(request);
  const { authorization = null } = request.headers;
  const body: unknown = content === "" ? null : JSON.parse(content);
  asked.push({ what: `${request.method ?? ""} ${request.url ?? ""}`, body, authorization });
  const found = answers.get(`${request.method ?? ""} ${urlOf(request).pathname}`);
  const next = found !== undefined && found.length > 1 ? found.shift() : found?.[0];
  if (next === undefined)
    reply(response, 500, {}, `the test has no answer to ${request.method ?? ""} ${request.url ?? ""}`);
  else reply(response, next.status, { "content-type": "application/json" }, next.body);
}
