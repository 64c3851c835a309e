import type { ReactNode } from "react";
import { Button } from "./button.tsx";
import { Icon } from "./icon.tsx";

/** Tells what failed, and offers to try again. */
export function Failure({ error, onRetry }: { readonly error: Error; readonly onRetry?: () => void }) {
  return (
    <div role="alert" className="notice notice-failure">
      <Icon name="warning" />
      <p>{sentence(error.message)}</p>
      {onRetry && <Button onClick={onRetry}>Try again</Button>}
    </div>
  );
}

/** Tells something that the reader should know and that is no failure. */
export function Warning({ children }: { readonly children: ReactNode }) {
  return (
    <output className="notice notice-warning">
      <Icon name="warning" />
      <span className="notice-text">{children}</span>
    </output>
  );
}

/** Makes a whole sentence of the API's text, which begins in lower case since it may follow a colon. */
export function sentence(text: string): string {
  const start = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(start) ? start : `${start}.`;
}

/** Stands in for an empty list: says why it is empty, and what to do. */
export function Empty({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  return (
    <section className="empty">
      <h2>{title}</h2>
      {children}
    </section>
  );
}
