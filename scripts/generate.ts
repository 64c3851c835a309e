/**
 * `npm run generate`: writes what the command line and the console know of the management API into src/contract/:
 * operations.ts from the OpenAPI document that the Worker serves, and target-types.ts from the types that it knows.
 * With --check it only says which of them are not current.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import * as z from "zod";
import { openApiDocument } from "../src/api/openapi.ts";
import { OPERATIONS } from "../src/api/operations.ts";
import { describeTargetTypes } from "../src/events/target-types.ts";
import { componentName, jsonSchema, type JsonSchema, zodSource } from "./json-schema.ts";

const CONTRACT = resolve(import.meta.dirname, "../src/contract");
const FORMATTER = resolve(import.meta.dirname, "../node_modules/.bin/oxfmt");
const CONFIGURATION = resolve(import.meta.dirname, "../.oxfmtrc.json");

const content = z.record(z.string(), z.object({ schema: jsonSchema }));

const document = z.object({
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.object({
        operationId: z.string(),
        parameters: z.array(z.object({ name: z.string(), in: z.string(), schema: jsonSchema })).default([]),
        requestBody: z.object({ content }).optional(),
        responses: z.record(z.string(), z.object({ content: content.optional() })),
      }),
    ),
  ),
  components: z.object({ schemas: z.record(z.string(), jsonSchema) }),
});

type Operation = z.infer<typeof document>["paths"][string][string];

const files = {
  "operations.ts": operationsSource(document.parse(openApiDocument(OPERATIONS))),
  "target-types.ts": targetTypesSource(),
};
for (const [name, source] of Object.entries(files)) {
  const file = join(CONTRACT, name);
  const made = format(source);
  if (!process.argv.includes("--check")) writeFileSync(file, made);
  else if (readFileSync(file, "utf8") !== made) {
    console.error(`src/contract/${name} is not current: npm run generate`);
    process.exitCode = 1;
  }
}

/** The types of target, for help that is printed without asking a registry. */
function targetTypesSource(): string {
  return `/** The types of target that a registry of this version has, made by \`npm run generate\`. Not to be edited. */
import type { TargetType } from "./operations.ts";

export const TARGET_TYPES: readonly TargetType[] = ${JSON.stringify(describeTargetTypes())};
`;
}

function operationsSource({ paths, components }: z.infer<typeof document>): string {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => operationSource(path, method, operation)),
  );
  const schemas = componentSources(components.schemas, operations.join(""));
  return `/** The management API, made by \`npm run generate\` from its OpenAPI document. Not to be edited. */
import * as z from "zod";
import { openEnum } from "./open-enum.ts";

${schemas.join("\n")}
/** By operation id: where each is, and what goes in and comes out. */
export const operations = {
${operations.join("\n")}
} as const;
`;
}

/** The schemas with a name that the text uses, those that these use, and that of a problem, which any operation may answer. */
function componentSources(schemas: z.infer<typeof document>["components"]["schemas"], text: string): string[] {
  const sources = new Map(
    Object.entries(schemas).map(([name, schema]) => [name, zodSource(schema, "output")] as const),
  );
  const used = new Set<string>();
  const queue = [text, componentName("Problem")];
  for (const one of queue) {
    for (const [name, source] of sources) {
      if (used.has(name) || !new RegExp(`\\b${componentName(name)}\\b`).test(one)) continue;
      used.add(name);
      queue.push(source);
    }
  }
  return Array.from(sources).flatMap(([name, source]) => {
    const constant = componentName(name);
    return used.has(name)
      ? [`const ${constant} = ${source};\nexport type ${name} = z.infer<typeof ${constant}>;\n`]
      : [];
  });
}

function operationSource(path: string, method: string, operation: Operation): string {
  const { operationId, parameters, requestBody, responses } = operation;
  const [status = "", response] = Object.entries(responses).find(([code]) => code.startsWith("2")) ?? [];
  const query = parameters.filter((parameter) => parameter.in === "query");
  const querySchema: JsonSchema = {
    type: "object",
    properties: Object.fromEntries(query.map(({ name, schema }) => [name, schema])),
  };
  const body = Object.values(requestBody?.content ?? {})[0]?.schema;
  const output = Object.values(response?.content ?? {})[0]?.schema;
  return `${operationId}: {
    method: ${JSON.stringify(method.toUpperCase())},
    path: ${JSON.stringify(path)},
    status: ${status},
    ${query.length === 0 ? "" : `query: ${zodSource(querySchema, "input")},`}
    ${body === undefined ? "" : `body: ${zodSource(body, "input")},`}
    output: ${output === undefined ? "z.null()" : zodSource(output, "output")},
  },`;
}

/** Formats the text like `npm run format`, so that the two do not undo each other's work. */
function format(text: string): string {
  const directory = mkdtempSync(join(tmpdir(), "spacedock-generate-"));
  try {
    const draft = join(directory, "operations.ts");
    writeFileSync(draft, text);
    const { status, stderr } = spawnSync(FORMATTER, ["--config", CONFIGURATION, draft], { encoding: "utf8" });
    if (status !== 0) throw new Error(`the formatter failed: ${stderr}`);
    return readFileSync(draft, "utf8");
  } finally {
    rmSync(directory, { recursive: true });
  }
}
