import { Command } from "../../components/command.tsx";
import { schemaOf, type Reference, type Route } from "./document.ts";
import { curlOf } from "./example.ts";
import { describe, Description, SchemaView, typeOf } from "./schema-view.tsx";

/** Shows one operation: its path, its input, its output, and a request to copy. */
export function OperationView({ route, reference }: { readonly route: Route; readonly reference: Reference }) {
  const { operationId, method, path, summary, description, parameters } = route;
  const { schemas, server } = reference;
  const body = schemaOf(route.requestBody);
  const [status = "", answer] = Object.entries(route.responses).find(([code]) => code.startsWith("2")) ?? [];
  const output = schemaOf(answer);
  return (
    <section className="card section operation" id={operationId} aria-label={`${method} ${path}`}>
      <div>
        <h3>
          <a href={`#${operationId}`}>{summary}</a>
        </h3>
        <p className="operation-path">
          <span className={`method method-${method.toLowerCase()}`}>{method}</span> <code>{path}</code>
        </p>
        <p className="muted">
          <Description text={description} />
        </p>
      </div>
      {parameters.length > 0 && (
        <div className="section">
          <h4>Parameters</h4>
          <dl className="schema">
            {parameters.map(({ name, in: place, schema }) => (
              <div key={name}>
                <dt>
                  <code>{name}</code> <span className="muted">{typeOf(schemas, schema)}</span>{" "}
                  <span className="badge">{place === "path" ? "in the path" : "query"}</span>
                </dt>
                <dd>
                  <Description text={describe(schemas, schema)} />
                </dd>
              </div>
            ))}
          </dl>
        </div>
      )}
      {body && (
        <div className="section">
          <h4>Body</h4>
          <SchemaView schema={body} schemas={schemas} />
        </div>
      )}
      <div className="section">
        <h4>
          Answer <span className="muted">{status}</span>
        </h4>
        {output ? (
          <details>
            <summary>Its fields</summary>
            <SchemaView schema={output} schemas={schemas} />
          </details>
        ) : (
          <p className="muted">nothing</p>
        )}
      </div>
      <Command text={curlOf(server, route, schemas)} what={`a request for ${operationId}`} />
    </section>
  );
}
