import type { ReactNode } from "react";
import "./facts.css";

/** Lists facts about one thing, and leaves out those that are null. */
export function Facts({ facts }: { readonly facts: Readonly<Record<string, ReactNode>> }) {
  const told = Object.entries(facts).filter(([, value]) => value !== null && value !== undefined);
  return (
    <dl className="facts">
      {told.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
