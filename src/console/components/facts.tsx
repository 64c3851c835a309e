import type { ReactNode } from "react";
import "./facts.css";

/** What there is to say of one thing; what is null is left out. */
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
