import type { ReactNode } from "react";

/** A page's own content, where the skip link leads. */
export function Main({ children }: { readonly children: ReactNode }) {
  return (
    <main id="main" className="main" tabIndex={-1}>
      {children}
    </main>
  );
}
