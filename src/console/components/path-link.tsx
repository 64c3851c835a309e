import { useRouter } from "@tanstack/react-router";
import type { MouseEvent, ReactNode } from "react";

/** A link to a path of the console that is put together elsewhere, without loading the page anew. */
export function PathLink({ path, children }: { readonly path: string; readonly children: ReactNode }) {
  const { history } = useRouter();
  const follow = (event: MouseEvent): void => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    history.push(path);
  };
  return (
    <a href={path} onClick={follow}>
      {children}
    </a>
  );
}
