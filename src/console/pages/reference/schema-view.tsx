import { resolve, type Schema, type Schemas } from "./document.ts";

interface SchemaViewProps {
  readonly schema: Schema;
  readonly schemas: Schemas;
  /** The schema's place within another one. */
  readonly depth?: number;
}

/** Schemas that refer to themselves, or nest deeply, end here. */
const MAX_DEPTH = 5;

/** The fields of an object, and of those in it. */
export function SchemaView({ schema, schemas, depth = 0 }: SchemaViewProps) {
  const alternatives = alternativesIn(schemas, schema);
  if (alternatives.length > 0) {
    return alternatives.map((one) => (
      <details key={one.title}>
        <summary>{one.title}</summary>
        <SchemaView schema={one} schemas={schemas} depth={depth + 1} />
      </details>
    ));
  }
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

/** A text of the document; it has code between backticks. */
export function Description({ text }: { readonly text: string }) {
  // Between two backticks are those with an odd number. What they are never changes, so their places are their keys.
  const parts = text.split("`").map((part, at) => ({ part, key: String(at), isCode: at % 2 === 1 }));
  return parts.map(({ part, key, isCode }) => (isCode ? <code key={key}>{part}</code> : part));
}

/** The objects with a title and fields of their own that a value may be, as the settings of a target's type. */
function alternativesIn(schemas: Schemas, given: Schema): readonly (Schema & { readonly title: string })[] {
  return (resolve(schemas, given).anyOf ?? []).flatMap((one) => {
    const { title, ...schema } = resolve(schemas, one);
    if (title === undefined) return alternativesIn(schemas, schema);
    return Object.keys(schema.properties ?? {}).length === 0 ? [] : [{ title, ...schema }];
  });
}

/** The object that a schema is, or has in its list, or may be. */
function objectIn(schemas: Schemas, given: Schema): Schema | null {
  const schema = resolve(schemas, given);
  if (schema.properties !== undefined) return schema;
  const within = schema.items ?? schema.anyOf?.find((one) => objectIn(schemas, one) !== null);
  return within === undefined ? null : objectIn(schemas, within);
}

/** Names a schema's type, as in "string", "list of integer", "string or null". */
export function typeOf(schemas: Schemas, given: Schema): string {
  const schema = resolve(schemas, given);
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(" or ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map((one) => typeOf(schemas, one)))].join(" or ");
  if (schema.type.includes("array"))
    return `list of ${schema.items === undefined ? "anything" : typeOf(schemas, schema.items)}`;
  if (schema.format === "date-time") return "time";
  return schema.type.join(" or ") || "anything";
}

/** Describes a value, and its bounds. */
export function describe(schemas: Schemas, given: Schema): string {
  const { description, minimum, maximum, default: usual } = { ...resolve(schemas, given), ...given };
  const bounds = [
    minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER && `at least ${minimum.toLocaleString()}`,
    maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER && `at most ${maximum.toLocaleString()}`,
    usual !== undefined && `${JSON.stringify(usual)} by default`,
  ].filter((text) => text !== false);
  return [description, bounds.length > 0 && `(${bounds.join(", ")})`].filter(Boolean).join(" ");
}
