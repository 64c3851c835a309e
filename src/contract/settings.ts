/** The settings of a target type, read from their JSON Schema for forms and help. */
import * as z from "zod";

/**
 * The kind of a setting. `part` is a group of settings that can be left out as a whole; `pairs` has values
 * by name; `json` is anything else.
 */
export type SettingKind = "text" | "number" | "choice" | "check" | "lines" | "pairs" | "part" | "json";

export interface Setting {
  /** The path within the config, as in `release.version`. */
  readonly path: string;
  readonly title: string;
  readonly description: string;
  readonly kind: SettingKind;
  /** The values of a choice; empty for other kinds. */
  readonly choices: readonly string[];
  /** Undefined if none is known. */
  readonly default: unknown;
  /** Undefined if none is needed. */
  readonly example: unknown;
  readonly isRequired: boolean;
  /** The heading under which a form has it; null for none. */
  readonly section: string | null;
}

interface Schema {
  readonly title?: string | undefined;
  readonly description?: string | undefined;
  readonly type?: unknown;
  readonly enum?: readonly unknown[] | undefined;
  readonly anyOf?: readonly Schema[] | undefined;
  readonly default?: unknown;
  readonly examples?: readonly unknown[] | undefined;
  readonly items?: Schema | undefined;
  readonly properties?: Readonly<Record<string, Schema>> | undefined;
  readonly required?: readonly string[] | undefined;
  readonly additionalProperties?: boolean | Schema | undefined;
  readonly "x-section"?: string | undefined;
}

const schemaShape: z.ZodType<Schema> = z.lazy(() =>
  z.looseObject({
    title: z.string().optional(),
    description: z.string().optional(),
    type: z.unknown().optional(),
    enum: z.array(z.unknown()).optional(),
    anyOf: z.array(schemaShape).optional(),
    examples: z.array(z.unknown()).optional(),
    items: schemaShape.optional(),
    properties: z.record(z.string(), schemaShape).optional(),
    required: z.array(z.string()).optional(),
    additionalProperties: z.union([z.boolean(), schemaShape]).optional(),
    "x-section": z.string().optional(),
  }),
);

/** Lists the settings with their paths, including those of nested objects. */
export function settingsOf(schema: unknown): readonly Setting[] {
  return fieldsOf(schemaShape.parse(schema), "", true);
}

function fieldsOf({ properties = {}, required = [] }: Schema, within: string, isNeeded: boolean): readonly Setting[] {
  return Object.entries(properties).flatMap(([name, field]) => {
    const path = `${within}${name}`;
    const isRequired = isNeeded && required.includes(name);
    const whole = bodyOf(field);
    if (whole.properties === undefined) return [settingOf(path, field, kindOf(whole), isRequired)];
    const parts = fieldsOf(whole, `${path}.`, isRequired);
    return isSwitched(field) ? [settingOf(path, field, "part", false)].concat(parts) : parts;
  });
}

function settingOf(path: string, field: Schema, kind: SettingKind, isRequired: boolean): Setting {
  return {
    path,
    title: field.title ?? path,
    description: field.description ?? "",
    kind,
    choices: kind === "choice" ? (bodyOf(field).enum ?? []).map(String) : [],
    default: field.default,
    example: field.examples?.[0],
    isRequired,
    section: field["x-section"] ?? null,
  };
}

/** True for a part that is there unless it is set to null. */
function isSwitched({ anyOf, default: usual }: Schema): boolean {
  return anyOf !== undefined && usual !== undefined && usual !== null;
}

/** Returns the schema without its null. */
function bodyOf(schema: Schema): Schema {
  const others = (schema.anyOf ?? []).filter(({ type }) => type !== "null");
  const [only] = others;
  return others.length === 1 && only !== undefined ? only : schema;
}

function kindOf({ type, enum: values, items, additionalProperties }: Schema): SettingKind {
  if (values !== undefined) return "choice";
  if (type === "string") return "text";
  if (type === "boolean") return "check";
  if (type === "number" || type === "integer") return "number";
  if (type === "array" && items?.type === "string") return "lines";
  const isPairs = typeof additionalProperties === "object" && additionalProperties.type === "string";
  return type === "object" && isPairs ? "pairs" : "json";
}
