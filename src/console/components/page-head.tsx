import { type ReactNode, useEffect, useRef } from "react";

let isFirstPage = true;

/**
 * Shows a page's title, in the tab too. After a navigation the title has the focus, so that the keyboard goes on from
 * there and a screen reader announces the page.
 */
export function PageHead({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Spacedock`;
    // A field that takes the focus when its page opens keeps it.
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
