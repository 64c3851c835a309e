/** The types of target, found by name and described for people who create one. */
import * as z from "zod";
import type { TargetType } from "./target.ts";
import { TARGET_TYPES } from "./targets/index.ts";

/** Types by name, in the order in which they are offered. */
const types = new Map<string, TargetType>();
for (const type of Object.values<TargetType>(TARGET_TYPES)) registerTargetType(type);

/**
 * Adds a type to those that everything knows; a test adds one of its own. Returns a function that removes
 * it. Throws if the name is taken.
 */
export function registerTargetType(type: TargetType): () => void {
  if (types.has(type.type)) throw new Error(`two types of target are called ${type.type}`);
  types.set(type.type, type);
  return () => void types.delete(type.type);
}

/** The names of all types, in the order in which they are offered. */
export function targetTypeNames(): readonly string[] {
  return [...types.keys()];
}

/** Finds a type; null if there is none of that name. */
export function findTargetType(name: string): TargetType | null {
  return types.get(name) ?? null;
}

/** True if a target with this type and configuration is followed to its end, so that it runs what was delivered to it. */
export function isFollowed(type: string, config: unknown): boolean {
  return findTargetType(type)?.follows(config) ?? false;
}

/** A JSON Schema, as JSON. */
type Schema = Readonly<Record<string, unknown>>;

/** A target type as the API, the command line and the console describe it. */
export interface TargetTypeDescription {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly settings: Schema;
  readonly address: {
    readonly required: boolean;
    readonly description: string;
    readonly example: string;
    readonly default: string | null;
    readonly secret: boolean;
  };
  /** Null if an administrator gives no secret. */
  readonly secret: { readonly required: boolean; readonly title: string; readonly description: string } | null;
  readonly makesSecret: boolean;
  readonly followed: boolean;
}

/** Describes each type, in the order in which they are offered. */
export function describeTargetTypes(): TargetTypeDescription[] {
  return Array.from(types.values(), describe);
}

function describe(type: TargetType): TargetTypeDescription {
  const { type: name, title, description, address, defaultUrl, secretAddress, secret, secretField } = type;
  return {
    name,
    title,
    description,
    settings: settingsSchema(type),
    address: { required: defaultUrl === null, ...address, default: defaultUrl, secret: secretAddress },
    secret: secretField && { required: secret === "given", ...secretField },
    makesSecret: secret === "made",
    followed: type.canBeFollowed,
  };
}

/** Returns the JSON Schema of a type's `config`, as a client may send it. */
function settingsSchema({ config }: TargetType): Schema {
  const { $schema: _, ...schema } = z.toJSONSchema(config, { io: "input" });
  return schema;
}
