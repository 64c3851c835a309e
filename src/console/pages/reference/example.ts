import { resolve, type Route, type Schema, schemaOf, type Schemas } from "./document.ts";

/** Examples for the parameters of paths. */
const PARTS: Partial<Record<string, string>> = {
  space: "acme",
  name: "web",
  id: "<id>",
  repository: "web",
  tag: "latest",
};

const ANYTHING: Schema = { type: [] };

/** Returns a request as a person would type it. */
export function curlOf(server: string, route: Route, schemas: Schemas): string {
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => PARTS[name] ?? `<${name}>`);
  const query = route.parameters
    .filter((parameter) => parameter.in === "query" && isNeeded(route, parameter.name))
    .map(({ name }) => `${name}=${PARTS[name] ?? `<${name}>`}`)
    .join("&");
  const body = schemaOf(route.requestBody);
  const lines = [
    `curl ${route.method === "GET" ? "" : `-X ${route.method} `}'${server}${path}${query && `?${query}`}'`,
    `  -H "Authorization: Bearer $TOKEN"`,
    ...(body === null ? [] : [`  -d '${JSON.stringify(exampleOf(schemas, body))}'`]),
  ];
  return lines.join(" \\\n");
}

/** True for a query parameter that the operation is of no use without. The document calls all of them optional. */
function isNeeded({ operationId }: Route, name: string): boolean {
  const asksForRepository = ["getHistory", "listDeletedManifests", "listDeletedTags"].includes(operationId);
  return asksForRepository && (name === "repository" || (name === "tag" && operationId === "getHistory"));
}

/** Returns an example that the schema accepts: all required fields or, if none is required, the first optional one. */
function exampleOf(schemas: Schemas, given: Schema, depth = 0): unknown {
  const schema = resolve(schemas, given);
  const [first] = schema.examples ?? schema.enum ?? [];
  if (first !== undefined) return first;
  if (schema.const !== undefined) return schema.const;
  if (schema.default !== undefined) return schema.default;
  const [choice] = schema.anyOf ?? [];
  if (choice !== undefined) return exampleOf(schemas, choice, depth);
  switch (schema.type[0]) {
    case "object":
      return depth > 3 ? {} : objectOf(schemas, schema, depth);
    case "array":
      return schema.items === undefined ? [] : [exampleOf(schemas, schema.items, depth + 1)];
    case "integer":
    case "number":
      return Math.max(schema.minimum ?? 1, 1);
    case "boolean":
      return true;
    case undefined:
    default:
      return "…";
  }
}

function objectOf(schemas: Schemas, { properties = {}, required = [] }: Schema, depth: number): object {
  const names = Object.keys(properties);
  const shown = required.length > 0 ? names.filter((name) => required.includes(name)) : names.slice(0, 1);
  return Object.fromEntries(shown.map((name) => [name, exampleOf(schemas, properties[name] ?? ANYTHING, depth + 1)]));
}
