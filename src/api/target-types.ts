import * as z from "zod";
import { describeTargetTypes, type TargetTypeDescription } from "../events/target-types.ts";
import { self } from "../guard.ts";
import { defineOperation } from "./operation.ts";

const schema = z.record(z.string(), z.unknown());

const targetType = z
  .object({
    name: z.string().meta({ description: "As `type` of a target has it." }),
    title: z.string().meta({ description: "Its name for people." }),
    description: z.string(),
    settings: schema.meta({
      description:
        "A JSON Schema of the type's `config`. Each field has a `title` and a `description`; fields with the same `x-section` belong together.",
    }),
    address: z
      .object({
        required: z.boolean(),
        description: z.string(),
        example: z.string(),
        default: z.string().nullable().meta({ description: "The address of a target that is made without one." }),
        secret: z.boolean().meta({ description: "True: the address is a secret, and only its host is shown." }),
      })
      .meta({ description: "The `url` of a target." }),
    secret: z
      .object({ required: z.boolean(), title: z.string(), description: z.string() })
      .nullable()
      .meta({ description: "The secret to give; null: none is taken." }),
    makesSecret: z.boolean().meta({ description: "True: the registry creates the secret, and shows it once." }),
    followed: z.boolean().meta({
      description: "True: the registry can follow a delivery to its end, so each target of the type deploys.",
    }),
  })
  .meta({ id: "TargetType" });

export const listTargetTypes = defineOperation({
  id: "listTargetTypes",
  method: "GET",
  path: "/api/v1/target-types",
  guard: self,
  summary: "List the types of target, and what each takes",
  answer: z.object({ types: z.array(targetType) }),
  run: () => ({ types: describeTargetTypes() }),
});

/** The schema of a target's settings in the API's document: any of {@link settingsSchemas}. */
export const ANY_SETTINGS = { anyOf: [{ $ref: "#/components/schemas/TargetSettings" }] } as const;

/** Schemas of settings by name, as in `OctopusSettings`, and `TargetSettings`, which is any of them. */
export function settingsSchemas(): Readonly<Record<string, object>> {
  const named = describeTargetTypes().map((type) => [schemaName(type.name), settingsOf(type)] as const);
  const anyOf = named.map(([name]) => ({ $ref: `#/components/schemas/${name}` }));
  return { TargetSettings: { description: "The settings of the target's type.", anyOf }, ...Object.fromEntries(named) };
}

function settingsOf({ title, description, settings }: TargetTypeDescription): object {
  return { title, description, ...settings };
}

/** The name of a type's settings in the API's document: `GithubDispatchSettings`. */
function schemaName(type: string): string {
  return `${type.replaceAll(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase())}Settings`;
}
