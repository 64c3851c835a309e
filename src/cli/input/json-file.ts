import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import * as z from "zod";
import type { Context } from "../context.ts";
import { CliError } from "../exit.ts";

/** Reads the JSON of a file, or of stdin for `-`, by the schema. Throws with everything that is wrong with it. */
export async function readJsonFile<S extends z.ZodType>(
  context: Context,
  file: string,
  schema: S,
): Promise<z.output<S>> {
  const parsed = schema.safeParse(parseJson(file, await contentOf(context, file)));
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.map(String).join(".") || "it"}: ${message}`);
  throw new CliError("invalid", `${nameOf(file)}: ${problems.join("; ")}`);
}

async function contentOf({ stdin }: Context, file: string): Promise<string> {
  if (file === "-") return text(stdin);
  return readFile(file, "utf8").catch((cause: unknown) => {
    throw new CliError("failure", `cannot read ${file}`, { hint: "Check the path.", cause });
  });
}

function parseJson(file: string, content: string): unknown {
  try {
    return JSON.parse(content);
  } catch (cause) {
    throw new CliError("invalid", `${nameOf(file)} is not JSON`, { cause });
  }
}

function nameOf(file: string): string {
  return file === "-" ? "the input on stdin" : file;
}
