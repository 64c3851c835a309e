import * as z from "zod";
import { shownValue, typedValue } from "./setting-values.ts";
import type { ConfigField, TypeForm } from "./type-form.ts";

/** A config as the form holds it, by the fields' paths. */
export type ConfigForm = Readonly<Record<string, string | boolean>>;

type Config = Readonly<Record<string, unknown>>;

const object = z.record(z.string(), z.unknown());

export function fieldsOf({ config }: TypeForm): readonly ConfigField[] {
  return config.flatMap(({ fields }) => fields);
}

/** Makes the form of a saved config; of null, the form with its initial values. */
export function configForm(type: TypeForm, config: unknown): ConfigForm {
  return Object.fromEntries(fieldsOf(type).map((field) => [field.path, formValue(field, config)]));
}

function formValue({ path, kind, initial }: ConfigField, config: unknown): string | boolean {
  const value = path.split(".").reduce<unknown>((inner, key) => object.safeParse(inner).data?.[key], config);
  if (value === undefined) return initial;
  if (typeof initial === "boolean") return value !== null && value !== false;
  return shownValue(kind, value) || initial;
}

/** Makes the config from the form. Leaves out empty fields, so that the API's defaults count. */
export function configOf(type: TypeForm, form: ConfigForm): Record<string, unknown> {
  let config: Config = {};
  for (const field of fieldsOf(type)) {
    const value = fieldValue(field, form[field.path]);
    if (value !== undefined) config = put(config, field.path.split("."), value);
  }
  return { ...config };
}

/** Sets a value by its path. A part that is switched off is null, and the values in it are ignored. */
function put(config: Config, [key = "", ...rest]: readonly string[], value: unknown): Config {
  if (config[key] === null) return config;
  if (rest.length === 0) return { ...config, [key]: value };
  return { ...config, [key]: put(object.safeParse(config[key]).data ?? {}, rest, value) };
}

function fieldValue({ kind, initial }: ConfigField, value: string | boolean | undefined): unknown {
  if (typeof value === "boolean") {
    if (value === initial) return undefined;
    return kind === "part" ? null : value;
  }
  return typedValue(kind, value ?? "");
}
