import { Menu as Base } from "@base-ui/react/menu";
import type { ReactNode } from "react";
import { Icon } from "./icon.tsx";
import "./menu.css";

interface MenuProps {
  /** The button's content. */
  readonly label: ReactNode;
  /** The button's accessible name, if the label alone does not name it. */
  readonly name?: string;
  readonly children: ReactNode;
}

export function Menu({ label, name, children }: MenuProps) {
  return (
    <Base.Root>
      <Base.Trigger className="button button-quiet" aria-label={name}>
        {label}
        <Icon name="down" />
      </Base.Trigger>
      <Base.Portal>
        <Base.Positioner sideOffset={4} align="end" className="menu-positioner">
          <Base.Popup className="menu">{children}</Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

export function MenuItem({ onSelect, children }: { readonly onSelect: () => void; readonly children: ReactNode }) {
  return (
    <Base.Item className="menu-item" onClick={onSelect}>
      {children}
    </Base.Item>
  );
}

interface MenuChoiceProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly choices: readonly T[];
  readonly onChange: (value: T) => void;
}

/** A choice of one among several, within a menu. */
export function MenuChoice<T extends string>({ label, value, choices, onChange }: MenuChoiceProps<T>) {
  return (
    <Base.Group>
      <Base.GroupLabel className="menu-label">{label}</Base.GroupLabel>
      <Base.RadioGroup value={value} onValueChange={onChange}>
        {choices.map((choice) => (
          <Base.RadioItem key={choice} value={choice} className="menu-item" closeOnClick>
            <Base.RadioItemIndicator keepMounted className="menu-indicator">
              <Icon name="check" />
            </Base.RadioItemIndicator>
            {choice}
          </Base.RadioItem>
        ))}
      </Base.RadioGroup>
    </Base.Group>
  );
}

export function MenuSeparator() {
  return <Base.Separator className="menu-separator" />;
}
