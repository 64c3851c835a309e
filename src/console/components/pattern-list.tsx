import { Fragment } from "react";

/** Lists patterns of repositories within a sentence. */
export function PatternList({ patterns }: { readonly patterns: readonly string[] }) {
  return patterns.map((pattern, index) => (
    <Fragment key={pattern}>
      {index > 0 && ", "}
      <code>{pattern}</code>
    </Fragment>
  ));
}
