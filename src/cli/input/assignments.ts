import * as z from "zod";
import { CliError } from "../exit.ts";

type JsonObject = Readonly<Record<string, unknown>>;

const jsonObject = z.record(z.string(), z.unknown());

/**
 * Puts `key=value` into an object. Dots in the key lead into nested objects. A value that is JSON is parsed; any other
 * is text.
 */
export function assign(object: JsonObject, assignment: string): JsonObject {
  const equals = assignment.indexOf("=");
  const path = assignment.slice(0, Math.max(equals, 0)).split(".");
  if (path.some((key) => key === "")) throw new CliError("usage", `"${assignment}" is not written as key=value`);
  return put(object, path, jsonOrText(assignment.slice(equals + 1)));
}

function put(object: JsonObject, [key = "", ...rest]: readonly string[], value: unknown): JsonObject {
  if (rest.length === 0) return { ...object, [key]: value };
  const inner = jsonObject.safeParse(object[key]);
  return { ...object, [key]: put(inner.success ? inner.data : {}, rest, value) };
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
