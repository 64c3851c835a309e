import type { ReactNode } from "react";

/** A page's own content, which the skip link leads to. */
export function Main({ children }: { readonly children: ReactNode }) {
  return (
    <main id="main" className="main" tabIndex={-1}>
      {children}
    </main>
  );
}
