import type * as z from "zod";
import { readBounded } from "../body.ts";
import type { Call } from "../call.ts";
import { JsonLimitError, parseBoundedJson } from "../oci/bounded-json.ts";
import { RegistryError } from "../oci/errors.ts";
import { parseInput } from "../oci/parse-input.ts";

const MAX_BODY_BYTES = 256 * 1024;

/**
 * Parses the request's JSON body; an empty body counts as an object without fields. Throws REQUEST_INVALID
 * with each problem, or REQUEST_TOO_LARGE.
 */
export async function readBody<S extends z.ZodType>(schema: S, { request }: Call): Promise<z.output<S>> {
  const bytes = await readBounded(request.body, MAX_BODY_BYTES);
  if (bytes === null) throw new RegistryError("REQUEST_TOO_LARGE");
  let json: unknown;
  try {
    json = bytes.length === 0 ? {} : parseBoundedJson(new TextDecoder().decode(bytes));
  } catch (cause) {
    const message =
      cause instanceof JsonLimitError ? `the body is not valid: ${cause.message}` : "the body is not JSON";
    throw new RegistryError("REQUEST_INVALID", { message, cause });
  }
  return parse(schema, json);
}

/** Parses the query's parameters. Throws REQUEST_INVALID with each problem. */
export function readQuery<S extends z.ZodType>(schema: S, { url }: Pick<Call, "url">): z.output<S> {
  return parse(schema, Object.fromEntries(url.searchParams));
}

function parse<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const parsed = parseInput(schema, input);
  if (parsed.ok) return parsed.data;
  throw new RegistryError("REQUEST_INVALID", {
    message: "the request is not valid; see errors",
    detail: parsed.problems,
  });
}
