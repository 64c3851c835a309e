import { type ReactNode, useState } from "react";
import { Button } from "./button.tsx";
import { Dialog } from "./dialog.tsx";
import { TextField } from "./field.tsx";
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
  /** Has to be typed first: for what takes a lot with it. */
  readonly typed?: string;
  /** False while it is not known yet what would happen. */
  readonly isReady?: boolean;
  /** `primary` for what takes nothing away. */
  readonly look?: "danger" | "primary";
}

/** Asks before what is hard to undo. */
export function Confirm({
  isOpen,
  onClose,
  title,
  children,
  action,
  onConfirm,
  typed,
  isReady = true,
  look = "danger",
}: ConfirmProps) {
  const [text, setText] = useState("");
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Error | null>(null);
  const close = (): void => {
    setFailure(null);
    setText("");
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
      {typed !== undefined && (
        <TextField
          label={`Type ${typed} to confirm`}
          autoComplete="off"
          spellCheck={false}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      )}
      <div className="dialog-actions">
        <Button onClick={close}>Cancel</Button>
        <Button
          look={look}
          onClick={confirm}
          isBusy={isBusy}
          disabled={!isReady || (typed !== undefined && text.trim() !== typed)}
        >
          {action}
        </Button>
      </div>
    </Dialog>
  );
}
