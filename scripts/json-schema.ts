import * as z from "zod";

/** The part of JSON Schema that our own OpenAPI document uses. */
export interface JsonSchema {
  readonly $ref?: string | undefined;
  readonly type?: string | readonly string[] | undefined;
  readonly enum?: readonly string[] | undefined;
  readonly anyOf?: readonly JsonSchema[] | undefined;
  readonly items?: JsonSchema | undefined;
  readonly properties?: Readonly<Record<string, JsonSchema>> | undefined;
  readonly required?: readonly string[] | undefined;
  readonly additionalProperties?: JsonSchema | boolean | undefined;
}

export const jsonSchema: z.ZodType<JsonSchema> = z.lazy(() =>
  z.looseObject({
    $ref: z.string().optional(),
    type: z.union([z.string(), z.array(z.string())]).optional(),
    enum: z.array(z.string()).optional(),
    anyOf: z.array(jsonSchema).optional(),
    items: jsonSchema.optional(),
    properties: z.record(z.string(), jsonSchema).optional(),
    required: z.array(z.string()).optional(),
    additionalProperties: z.union([z.boolean(), jsonSchema]).optional(),
  }),
);

/**
 * `input`: exactly the values that a client may send. `output`: the values that a server of this or a later version may
 * answer.
 */
export type Direction = "input" | "output";

/** Writes the source text of the zod schema for a JSON schema. Lengths and patterns are left to the server. */
export function zodSource(schema: JsonSchema, direction: Direction): string {
  if (schema.$ref !== undefined) return componentName(schema.$ref.slice(schema.$ref.lastIndexOf("/") + 1));
  // If a schema states its type, `anyOf` only narrows what the server takes.
  if (schema.anyOf !== undefined && schema.type === undefined)
    return union(schema.anyOf.map((one) => zodSource(one, direction)));
  if (schema.enum !== undefined) {
    const values = JSON.stringify(schema.enum);
    return direction === "input" ? `z.enum(${values})` : `openEnum(${values})`;
  }
  const types = schema.type === undefined ? [] : [schema.type].flat();
  return types.length === 0 ? "z.unknown()" : union(types.map((type) => sourceOfType(type, schema, direction)));
}

/** Returns the name of the constant that holds a named schema. */
export function componentName(name: string): string {
  return `${name.charAt(0).toLowerCase()}${name.slice(1)}Schema`;
}

function union(sources: readonly string[]): string {
  const [only] = sources;
  return sources.length === 1 && only !== undefined ? only : `z.union([${sources.join(", ")}])`;
}

function sourceOfType(type: string, schema: JsonSchema, direction: Direction): string {
  switch (type) {
    case "array":
      return `z.array(${zodSource(schema.items ?? {}, direction)})`;
    case "object":
      return objectSource(schema, direction);
    case "integer":
      return "z.number()";
    default:
      return `z.${type}()`;
  }
}

function objectSource({ properties, required = [], additionalProperties }: JsonSchema, direction: Direction): string {
  if (properties === undefined) {
    const values =
      typeof additionalProperties === "object" ? zodSource(additionalProperties, direction) : "z.unknown()";
    return `z.record(z.string(), ${values})`;
  }
  const fields = Object.entries(properties).map(([name, property]) => {
    const source = zodSource(property, direction);
    return `${JSON.stringify(name)}: ${required.includes(name) ? source : `${source}.optional()`}`;
  });
  // A later server may answer more fields, which --json shows. A request is strict, here as on the server.
  return `z.${direction === "input" ? "strictObject" : "looseObject"}({ ${fields.join(", ")} })`;
}
