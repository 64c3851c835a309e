import { createLink, type LinkComponent } from "@tanstack/react-router";
import type { ComponentPropsWithRef, ReactNode } from "react";
import "./button.css";

type Look = "primary" | "plain" | "danger" | "quiet";

interface Looks {
  readonly look?: Look;
  readonly icon?: ReactNode;
}

type ButtonProps = ComponentPropsWithRef<"button"> & Looks & { readonly isBusy?: boolean };

/** Draws a button. @param props.isBusy true while its action is under way: it cannot be pressed again. */
export function Button({ look = "plain", icon, isBusy = false, type = "button", children, ...props }: ButtonProps) {
  return (
    <button
      {...props}
      type={type}
      className={`button button-${look}`}
      aria-busy={isBusy}
      disabled={props.disabled || isBusy}
    >
      {icon}
      {children}
    </button>
  );
}

function ButtonAnchor({ look = "plain", icon, children, ...props }: ComponentPropsWithRef<"a"> & Looks) {
  return (
    <a {...props} className={`button button-${look}`}>
      {icon}
      {children}
    </a>
  );
}

/** A link of the router that looks like a button. */
export const LinkButton: LinkComponent<typeof ButtonAnchor> = createLink(ButtonAnchor);
