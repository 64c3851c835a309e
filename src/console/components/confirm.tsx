import { type ReactNode, useState } from "react";
import { Button } from "./button.tsx";
import { Dialog } from "./dialog.tsx";
import { TextField } from "./field.tsx";
import { Failure } from "./notice.tsx";

interface ConfirmProps {
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly title: string;
  /** The consequences, and whether they can be undone. */
  readonly children: ReactNode;
  /** The label of the button that confirms: a verb, as in "Delete 3 tags". */
  readonly action: string;
  /** Performs the action. The dialog closes once it succeeds, and shows the error if it fails. */
  readonly onConfirm: () => Promise<unknown>;
  /** A text that must be typed before confirming, for actions that delete a lot. */
  readonly typed?: string;
  /** False until the consequences are known. */
  readonly isReady?: boolean;
  /** `primary` for actions that delete nothing. */
  readonly look?: "danger" | "primary";
}

/** Asks for confirmation before an action that is hard to undo. */
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
