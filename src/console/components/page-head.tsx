import { type ReactNode, useEffect, useRef } from "react";

let isFirstPage = true;

/**
 * A page's title, in the tab too. After a navigation it has the focus, so that the keyboard goes on from there and a
 * screen reader says where one is.
 */
export function PageHead({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Spacedock`;
    // A field that the page begins with keeps it.
    const isInPage = heading.current?.closest("main")?.contains(document.activeElement) ?? false;
    if (!isFirstPage && !isInPage) heading.current?.focus({ preventScroll: true });
    isFirstPage = false;
  }, [title]);
  return (
    <div className="page-head">
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
      {children}
    </div>
  );
}
