import { type ReactNode, useState } from "react";
import { Button } from "./button.tsx";

interface DialogButtonProps {
  readonly label: string;
  /** The dialog that the button opens. */
  readonly children: (dialog: { readonly isOpen: boolean; readonly onClose: () => void }) => ReactNode;
}

export function DialogButton({ label, children }: DialogButtonProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button onClick={() => setOpen(true)}>{label}</Button>
      {children({ isOpen, onClose: () => setOpen(false) })}
    </>
  );
}
