import type { ReactNode } from "react";
import { Button } from "./button.tsx";
import { Icon } from "./icon.tsx";

/** What failed and what to do about it. */
export function Failure({ error, onRetry }: { readonly error: Error; readonly onRetry?: () => void }) {
  return (
    <div role="alert" className="notice notice-failure">
      <Icon name="warning" />
      <p>{sentence(error.message)}</p>
      {onRetry && <Button onClick={onRetry}>Try again</Button>}
    </div>
  );
}

/** What one should know, and is no failure. */
export function Warning({ children }: { readonly children: ReactNode }) {
  return (
    <output className="notice notice-warning">
      <Icon name="warning" />
      <span className="notice-text">{children}</span>
    </output>
  );
}

/** The API's sentences begin in lower case, as they may come after a colon. */
export function sentence(text: string): string {
  const start = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(start) ? start : `${start}.`;
}

/** What is shown where there is nothing yet: why, and what to do. */
export function Empty({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  return (
    <section className="empty">
      <h2>{title}</h2>
      {children}
    </section>
  );
}
