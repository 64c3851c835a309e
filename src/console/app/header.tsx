import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Icon } from "../components/icon.tsx";

/** The top of every page, with the link that skips it. @param children the content beside the name */
export function Header({ children }: { readonly children?: ReactNode }) {
  return (
    <>
      <a className="skip-link" href="#main">
        Skip to the content
      </a>
      <header className="header">
        <Link to="/" className="brand" aria-label="Spacedock, start">
          <Icon name="anchor" />
          <span className="wide-only">Spacedock</span>
        </Link>
        {children}
      </header>
    </>
  );
}
