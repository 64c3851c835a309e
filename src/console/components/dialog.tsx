import { Dialog as Base } from "@base-ui/react/dialog";
import type { ReactNode } from "react";
import "./dialog.css";

interface DialogProps {
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly title: string;
  readonly description?: ReactNode;
  readonly children?: ReactNode;
}

/** Opens a dialog over the page. It holds the focus, and gives it back when it closes. */
export function Dialog({ isOpen, onClose, title, description, children }: DialogProps) {
  return (
    <Base.Root open={isOpen} onOpenChange={(open) => !open && onClose()}>
      <Base.Portal>
        <Base.Backdrop className="dialog-backdrop" />
        <Base.Popup className="dialog">
          <Base.Title className="dialog-title">{title}</Base.Title>
          {description !== undefined && <Base.Description render={<div />}>{description}</Base.Description>}
          {children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
