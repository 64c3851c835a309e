import { Fragment } from "react";

/** Patterns of repositories in a sentence. */
export function PatternList({ patterns }: { readonly patterns: readonly string[] }) {
  return patterns.map((pattern, index) => (
    <Fragment key={pattern}>
      {index > 0 && ", "}
      <code>{pattern}</code>
    </Fragment>
  ));
}
