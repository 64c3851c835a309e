import { queryOptions } from "@tanstack/react-query";
import * as z from "zod";

/** The displayed parts of the OpenAPI document. */

const jsonValue = z.unknown();

/** A JSON schema, as far as ours use it. */
export interface Schema {
  readonly $ref?: string | undefined;
  /** The type, or the several that are allowed. */
  readonly type: readonly string[];
  readonly title?: string | undefined;
  readonly description?: string | undefined;
  readonly properties?: Readonly<Record<string, Schema>> | undefined;
  readonly required?: readonly string[] | undefined;
  readonly items?: Schema | undefined;
  readonly anyOf?: readonly Schema[] | undefined;
  readonly enum?: readonly unknown[] | undefined;
  readonly const?: unknown;
  readonly default?: unknown;
  readonly examples?: readonly unknown[] | undefined;
  readonly minimum?: number | undefined;
  readonly maximum?: number | undefined;
  readonly format?: string | undefined;
}

const schema: z.ZodType<Schema> = z.lazy(() =>
  z.object({
    $ref: z.string().optional(),
    type: z.union([z.string().transform((type) => [type]), z.array(z.string())]).default([]),
    title: z.string().optional(),
    description: z.string().optional(),
    properties: z.record(z.string(), schema).optional(),
    required: z.array(z.string()).optional(),
    items: schema.optional(),
    anyOf: z.array(schema).optional(),
    enum: z.array(jsonValue).optional(),
    const: jsonValue.optional(),
    default: jsonValue.optional(),
    examples: z.array(jsonValue).optional(),
    minimum: z.number().optional(),
    maximum: z.number().optional(),
    format: z.string().optional(),
  }),
);

const content = z.record(z.string(), z.object({ schema }));

const operation = z.object({
  operationId: z.string(),
  summary: z.string(),
  /** The permission that the operation requires. */
  description: z.string().default(""),
  parameters: z.array(z.object({ name: z.string(), in: z.enum(["path", "query"]), schema })).default([]),
  requestBody: z.object({ content }).optional(),
  responses: z.record(z.string(), z.object({ description: z.string(), content: content.optional() })),
});

const openApi = z.object({
  servers: z.array(z.object({ url: z.string() })).default([]),
  paths: z.record(z.string(), z.record(z.string(), operation)),
  components: z.object({ schemas: z.record(z.string(), schema) }),
});

type Operation = z.infer<typeof operation>;

/** Schemas by their names. */
export type Schemas = Readonly<Record<string, Schema>>;

/** An operation with its method and path. */
export interface Route extends Operation {
  readonly method: string;
  readonly path: string;
}

export interface Reference {
  /** The registry's address. */
  readonly server: string;
  readonly routes: readonly Route[];
  readonly schemas: Schemas;
}

export const referenceQuery = queryOptions({
  queryKey: ["openapi"],
  staleTime: Number.POSITIVE_INFINITY,
  queryFn: async ({ signal }): Promise<Reference> => {
    const answer = await fetch("/api/v1/openapi.json", { signal });
    if (!answer.ok) throw new Error(`the registry answered ${answer.status}; try again in a moment`);
    const { servers, paths, components } = openApi.parse(await answer.json());
    const routes = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, one]) => Object.assign(one, { path, method: method.toUpperCase() })),
    );
    return { server: servers[0]?.url ?? location.origin, routes, schemas: components.schemas };
  },
});

/** Returns the schema that a reference means; any other schema as it is. */
export function resolve(schemas: Schemas, one: Schema): Schema {
  const name = one.$ref?.replace("#/components/schemas/", "");
  return name === undefined ? one : (schemas[name] ?? one);
}

/** Returns the schema of a body's or answer's first content. */
export function schemaOf(body: { readonly content?: z.infer<typeof content> | undefined } | undefined): Schema | null {
  return Object.values(body?.content ?? {})[0]?.schema ?? null;
}

/** Subjects that are shown within another. */
const WITHIN: Partial<Record<string, string>> = {
  gc: "storage",
  damaged: "storage",
  "retention-rules": "retention",
  history: "undo",
  revert: "undo",
  deleted: "undo",
  undelete: "undo",
  deployed: "deliveries",
  whoami: "session",
  "target-types": "targets",
};

/** Returns a route's subject, by its path. */
export function subjectOf({ path }: Route): string {
  const [, , , first = "", , inSpace = "spaces"] = path.split("/");
  const subject = first === "spaces" ? inSpace.replace(/:.*/, "") : first;
  return WITHIN[subject] ?? subject;
}
