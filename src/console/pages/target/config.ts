import { z } from "zod";
import { linesOf, linesOrNone } from "../../components/lines.ts";
import type { ConfigField, Kind } from "./kinds.ts";

/** What the form holds of a config, by the fields' paths. */
export type ConfigForm = Readonly<Record<string, string | boolean>>;

type Config = Readonly<Record<string, unknown>>;

const object = z.record(z.string(), z.unknown());

export function fieldsOf({ config }: Kind): readonly ConfigField[] {
  return config.flatMap(({ fields }) => fields);
}

/** What a saved config is in the form; of null, what is there at first. */
export function configForm(kind: Kind, config: unknown): ConfigForm {
  return Object.fromEntries(fieldsOf(kind).map((field) => [field.path, formValue(field, config)]));
}

function formValue({ path, kind, choices, isOn = false }: ConfigField, config: unknown): string | boolean {
  const value = path.split(".").reduce<unknown>((inner, key) => object.safeParse(inner).data?.[key], config);
  if (kind === "check") return value === undefined ? isOn : value !== null && value !== false;
  if (kind === "lines") return z.array(z.string()).safeParse(value).data?.join("\n") ?? "";
  if (kind === "pairs") {
    const pairs = z.record(z.string(), z.string()).safeParse(value).data ?? {};
    return Object.entries(pairs)
      .map(([name, text]) => `${name}=${text}`)
      .join("\n");
  }
  return typeof value === "string" ? value : (choices?.[0] ?? "");
}

/** The config that a form says; what is empty is left out, so that the API's defaults count. */
export function configOf(kind: Kind, form: ConfigForm): Record<string, unknown> {
  let config: Config = {};
  for (const field of fieldsOf(kind)) {
    const value = fieldValue(field, form[field.path]);
    if (value !== undefined) config = put(config, field.path.split("."), value);
  }
  return { ...config };
}

/** A part that is switched off is null, and what is in it says nothing. */
function put(config: Config, [key = "", ...rest]: readonly string[], value: unknown): Config {
  if (config[key] === null) return config;
  if (rest.length === 0) return { ...config, [key]: value };
  return { ...config, [key]: put(object.safeParse(config[key]).data ?? {}, rest, value) };
}

function fieldValue({ kind, isOn }: ConfigField, value: string | boolean | undefined): unknown {
  if (typeof value === "boolean") {
    if (value === isOn) return undefined;
    return isOn ? null : value;
  }
  if (value === undefined || value.trim() === "") return undefined;
  if (kind === "lines") return linesOrNone(value);
  if (kind === "pairs") return Object.fromEntries(linesOf(value).map(pairOf));
  return value.trim();
}

function pairOf(line: string): readonly [string, string] {
  const equals = line.indexOf("=");
  return equals < 0 ? [line, ""] : [line.slice(0, equals).trim(), line.slice(equals + 1).trim()];
}
