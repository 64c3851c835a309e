import type { ReactNode } from "react";

/** The part of a page that is its own: where the skip link leads. */
export function Main({ children }: { readonly children: ReactNode }) {
  return (
    <main id="main" className="main" tabIndex={-1}>
      {children}
    </main>
  );
}
