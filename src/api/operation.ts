import type { z } from "zod";
import { readBounded } from "../body.ts";
import type { Call } from "../call.ts";
import { JsonLimitError, parseBoundedJson } from "../oci/bounded-json.ts";
import { RegistryError } from "../oci/errors.ts";
import { parseInput } from "../oci/parse-input.ts";
import type { Page, PageRequest } from "../oci/page.ts";

const MAX_BODY_BYTES = 256 * 1024;

/** The request's JSON body, as the schema has it. Throws REQUEST_INVALID with each thing that is wrong. */
export async function readBody<S extends z.ZodType>(schema: S, { request }: Call): Promise<z.output<S>> {
  const bytes = await readBounded(request.body, MAX_BODY_BYTES);
  if (bytes === null) throw new RegistryError("REQUEST_TOO_LARGE");
  let json: unknown;
  try {
    // No body is an object without fields: some operations need none.
    json = bytes.length === 0 ? {} : parseBoundedJson(new TextDecoder().decode(bytes));
  } catch (cause) {
    const message =
      cause instanceof JsonLimitError ? `the body is not valid: ${cause.message}` : "the body is not JSON";
    throw new RegistryError("REQUEST_INVALID", { message, cause });
  }
  return parse(schema, json);
}

export function readQuery<S extends z.ZodType>(schema: S, { url }: Call): z.output<S> {
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

/** The page that `limit` and `cursor` name: a cursor is the last key of the page before. */
export function pageRequest(query: { limit: number; cursor?: string | undefined }): PageRequest {
  return { limit: query.limit, last: query.cursor ?? null };
}

/** @param more what the answer says beside the list. */
export function listResponse<T>(
  page: Page<T>,
  view: (entry: T) => object,
  key: (entry: T) => string,
  more: object = {},
): Response {
  const last = page.entries.at(-1);
  const next = page.more && last !== undefined ? key(last) : null;
  return Response.json({ ...more, items: page.entries.map(view), next });
}

export function isoTimeOrNull(milliseconds: number | null): string | null {
  return milliseconds === null ? null : isoTime(milliseconds);
}

export function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
