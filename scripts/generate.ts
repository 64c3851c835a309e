/**
 * `npm run generate`: writes the command line's view of the management API, src/contract/operations.ts, from the
 * OpenAPI document that the Worker serves. With --check it only reports if the file is current.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { z } from "zod";
import { openApiDocument } from "../src/api/openapi.ts";
import { OPERATIONS } from "../src/router.ts";
import { componentName, jsonSchema, type JsonSchema, zodSource } from "./json-schema.ts";

const FILE = resolve(import.meta.dirname, "../src/contract/operations.ts");
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

const made = format(source(document.parse(openApiDocument(OPERATIONS))));
if (!process.argv.includes("--check")) writeFileSync(FILE, made);
else if (readFileSync(FILE, "utf8") !== made) {
  console.error("src/contract/operations.ts is not current: npm run generate");
  process.exitCode = 1;
}

function source({ paths, components }: z.infer<typeof document>): string {
  const schemas = Object.entries(components.schemas).map(([name, schema]) => {
    const constant = componentName(name);
    return `const ${constant} = ${zodSource(schema, "output")};\nexport type ${name} = z.infer<typeof ${constant}>;\n`;
  });
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => operationSource(path, method, operation)),
  );
  return `/** The management API, made by \`npm run generate\` from its OpenAPI document. Not to be edited. */
import { z } from "zod";
import { openEnum } from "./open-enum.ts";

${schemas.join("\n")}
/** By operation id: where each is, and what goes in and comes out. */
export const operations = {
${operations.join("\n")}
} as const;
`;
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
