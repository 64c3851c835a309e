import { type ReactNode, useState } from "react";
import { Button } from "./button.tsx";
import { Dialog } from "./dialog.tsx";
import { Failure } from "./notice.tsx";

interface ConfirmProps {
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly title: string;
  /** What will happen, and whether it can be undone. */
  readonly children: ReactNode;
  /** What the button says that does it: a verb, as in "Delete 3 tags". */
  readonly action: string;
  /** Does it; the dialog closes when it is done, and shows why it is not. */
  readonly onConfirm: () => Promise<unknown>;
}

/** Asks before what is hard to undo. */
export function Confirm({ isOpen, onClose, title, children, action, onConfirm }: ConfirmProps) {
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Error | null>(null);
  const close = (): void => {
    setFailure(null);
    onClose();
  };
  const confirm = (): void => {
    setBusy(true);
    setFailure(null);
    onConfirm()
      .then(close, (fault: unknown) => setFailure(fault instanceof Error ? fault : new Error(String(fault))))
      .finally(() => setBusy(false));
  };
  return (
    <Dialog isOpen={isOpen} onClose={close} title={title} description={children}>
      {failure && <Failure error={failure} />}
      <div className="dialog-actions">
        <Button onClick={close}>Cancel</Button>
        <Button look="danger" onClick={confirm} isBusy={isBusy}>
          {action}
        </Button>
      </div>
    </Dialog>
  );
}
