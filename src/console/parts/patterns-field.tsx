import { matchesRepository } from "../../oci/repository-pattern.ts";
import { useList } from "../api/queries.ts";
import { TextArea } from "../components/field.tsx";

interface PatternsFieldProps {
  readonly space: string;
  /** Patterns, one a line. */
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly error?: string | undefined;
}

/** Returns the patterns of a text, separated by lines or commas; if there are none, the pattern of everything. */
export function patternsIn(text: string): string[] {
  const patterns = text
    .split(/[\n,]/)
    .map((line) => line.trim())
    .filter(Boolean);
  return patterns.length === 0 ? ["**"] : patterns;
}

/** The most repositories to name. */
const NAMED = 5;

/** A field for patterns of repositories, which shows the existing repositories that they cover. */
export function PatternsField({ space, value, onChange, error }: PatternsFieldProps) {
  const { items, isPending, hasMore } = useList("listRepositories", { path: { space }, query: { limit: 1000 } });
  const patterns = patternsIn(value);
  const covered = items.filter(({ name }) => matchesRepository(patterns, name)).map(({ name }) => name);
  return (
    <>
      <TextArea
        label="Repositories"
        rows={3}
        spellCheck={false}
        placeholder="**"
        value={value}
        onChange={({ target }) => onChange(target.value)}
        error={error}
        hint="One pattern a line, matched against paths within the space. Leave it empty to cover every repository."
      />
      <details>
        <summary>How patterns work</summary>
        <dl className="examples">
          <dt>
            <code>web/api</code>
          </dt>
          <dd>only that repository</dd>
          <dt>
            <code>web/*</code>
          </dt>
          <dd>web/api and web/shop, not web/shop/cart: * stands for anything but a slash</dd>
          <dt>
            <code>web/**</code>
          </dt>
          <dd>everything below web: ** stands for anything, slashes included</dd>
          <dt>
            <code>!web/secret</code>
          </dt>
          <dd>excludes that repository, whatever the other lines say</dd>
        </dl>
      </details>
      {!isPending && items.length > 0 && (
        <output className="hint">
          {coverage(covered.length, items.length, hasMore)}
          {covered.length > 0 && covered.length < items.length && `: ${listed(covered)}`}.
          {covered.length === 0 && ` Patterns are paths within ${space}, without its name.`}
        </output>
      )}
    </>
  );
}

function listed(names: readonly string[]): string {
  const more = names.length - NAMED;
  return names.slice(0, NAMED).join(", ") + (more > 0 ? ` and ${more.toLocaleString()} more` : "");
}

/** Says how many of the known repositories the patterns cover. */
function coverage(covered: number, all: number, hasMore: boolean): string {
  const those = `${hasMore ? "the first " : ""}${all.toLocaleString()} ${all === 1 ? "repository" : "repositories"}`;
  if (covered === all) return `Covers ${all === 1 ? "the only repository" : `all of ${those}`}`;
  return `Covers ${covered === 0 ? "none" : covered.toLocaleString()} of ${those}`;
}
