import { resolve, type Schema, type Schemas } from "./document.ts";

interface SchemaViewProps {
  readonly schema: Schema;
  readonly schemas: Schemas;
  /** The schema's depth within others. */
  readonly depth?: number;
}

/** The deepest level to show, since schemas may refer to themselves. */
const MAX_DEPTH = 5;

/** Lists the fields of an object, and of the objects in it. */
export function SchemaView({ schema, schemas, depth = 0 }: SchemaViewProps) {
  const object = objectIn(schemas, schema);
  if (object === null || depth > MAX_DEPTH)
    return depth === 0 ? <p className="muted">{typeOf(schemas, schema)}</p> : null;
  const { properties = {}, required = [] } = object;
  return (
    <dl className="schema">
      {Object.entries(properties).map(([name, property]) => (
        <div key={name}>
          <dt>
            <code>{name}</code> <span className="muted">{typeOf(schemas, property)}</span>{" "}
            {required.includes(name) || <span className="badge">optional</span>}
          </dt>
          <dd>
            <Description text={describe(schemas, property)} />
            <SchemaView schema={property} schemas={schemas} depth={depth + 1} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** Shows a description of the document, with code between backticks. */
export function Description({ text }: { readonly text: string }) {
  // Parts with an odd number stand between two backticks. The text never changes, so the places of its parts can be
  // their keys.
  const parts = text.split("`").map((part, at) => ({ part, key: String(at), isCode: at % 2 === 1 }));
  return parts.map(({ part, key, isCode }) => (isCode ? <code key={key}>{part}</code> : part));
}

/** Returns the object that a schema is, or has in its list, or has among its alternatives. */
function objectIn(schemas: Schemas, given: Schema): Schema | null {
  const schema = resolve(schemas, given);
  if (schema.properties !== undefined) return schema;
  const within = schema.items ?? schema.anyOf?.find((one) => objectIn(schemas, one) !== null);
  return within === undefined ? null : objectIn(schemas, within);
}

/** Names a schema's type: "string", "list of integer", "string or null". */
export function typeOf(schemas: Schemas, given: Schema): string {
  const schema = resolve(schemas, given);
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(" or ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.anyOf !== undefined) return schema.anyOf.map((one) => typeOf(schemas, one)).join(" or ");
  if (schema.type.includes("array"))
    return `list of ${schema.items === undefined ? "anything" : typeOf(schemas, schema.items)}`;
  if (schema.format === "date-time") return "time";
  return schema.type.join(" or ") || "anything";
}

/** Describes a value: its description and its limits. */
export function describe(schemas: Schemas, given: Schema): string {
  const { description, minimum, maximum, default: usual } = { ...resolve(schemas, given), ...given };
  const bounds = [
    minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER && `at least ${minimum.toLocaleString()}`,
    maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER && `at most ${maximum.toLocaleString()}`,
    usual !== undefined && `${JSON.stringify(usual)} by default`,
  ].filter((text) => text !== false);
  return [description, bounds.length > 0 && `(${bounds.join(", ")})`].filter(Boolean).join(" ");
}
