import * as z from "zod";
import type { Call } from "../call.ts";
import type { Operation } from "./operation.ts";
import { problemOutput } from "./shapes.ts";
import { settingsSchemas } from "./target-types.ts";

/** Required permission, by guard. */
const RIGHTS: Readonly<Partial<Record<string, string>>> = {
  nothing: "Needs no token.",
  self: "Needs any token.",
  space: "Needs a token with the action `admin` in the space, or ADMIN_TOKEN.",
  spaceReader:
    "Needs a token with the action `admin` or `pull` in the space, or ADMIN_TOKEN. Without `admin`, it lists the repositories that the token's patterns cover.",
  repositoryReader:
    "Needs a token with the action `admin` in the space, or with `pull` where its patterns cover the repository, or ADMIN_TOKEN.",
  installation: "Needs ADMIN_TOKEN.",
};

const JSON_TYPE = "application/json";

/** Serves the management API as OpenAPI 3.1, made from the declarations that also parse its requests. */
export function openApiHandler(operations: readonly Operation[]): (call: Call) => Response {
  // The document takes a while to make and never changes.
  let made: object | null = null;
  return ({ registry }) => {
    made ??= openApiDocument(operations);
    return Response.json({ ...made, servers: [{ url: registry.realm.issuer }] });
  };
}

/** Makes the document without its servers; openApiHandler adds them. */
export function openApiDocument(operations: readonly Operation[]): object {
  const paths: Record<string, Record<string, object>> = {};
  const schemas: Schemas = { ...settingsSchemas() };
  for (const operation of operations) {
    const template = operation.path.replaceAll(/\/:(\w+)\+?/g, "/{$1}");
    paths[template] = {
      ...paths[template],
      [operation.method.toLowerCase()]: operationObject(operation, template, schemas),
    };
  }
  return {
    openapi: "3.1.0",
    info: { title: "Spacedock management API", version: "1" },
    security: [{ token: [] }],
    paths,
    components: {
      schemas,
      securitySchemes: {
        token: {
          type: "http",
          scheme: "bearer",
          description: "ADMIN_TOKEN, or the secret of a token; each operation says which it needs.",
        },
      },
    },
  };
}

/** Named schemas that operations refer to. */
type Schemas = Record<string, object>;

function operationObject(operation: Operation, template: string, schemas: Schemas): object {
  const { id, summary, query, body, answer, status, guarded } = operation;
  const parameters = [...pathParameters(template), ...(query ? queryParameters(query) : [])];
  return {
    operationId: id,
    summary,
    ...(parameters.length > 0 && { parameters }),
    ...(body && {
      requestBody: { required: true, content: { [JSON_TYPE]: { schema: jsonSchema(body, "input", schemas) } } },
    }),
    responses: {
      [status]: {
        description: "Success",
        ...(answer && { content: { [JSON_TYPE]: { schema: jsonSchema(answer, "output", schemas) } } }),
      },
      default: {
        description: "A problem",
        content: { "application/problem+json": { schema: jsonSchema(problemOutput, "output", schemas) } },
      },
    },
    description: RIGHTS[guarded.need],
  };
}

function pathParameters(template: string): object[] {
  return [...template.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
}

function queryParameters(query: z.ZodType): object[] {
  const { properties = {} } = z.toJSONSchema(query, { io: "input" });
  return Object.entries(properties).map(([name, schema]) => ({ name, in: "query", required: false, schema }));
}

/** Returns the schema, and moves its named parts to `schemas`. */
function jsonSchema(schema: z.ZodType, io: "input" | "output", schemas: Schemas): object {
  const document = z.toJSONSchema(schema, { io, unrepresentable: "any" });
  const text = JSON.stringify(document).replaceAll('"#/$defs/', '"#/components/schemas/');
  const { $schema: _, $defs = {}, ...rest } = schemaDocument.parse(JSON.parse(text));
  for (const [name, named] of Object.entries($defs)) schemas[name] = named;
  return rest;
}

const schemaDocument = z.looseObject({
  $schema: z.unknown().optional(),
  $defs: z.record(z.string(), z.looseObject({})).optional(),
});
