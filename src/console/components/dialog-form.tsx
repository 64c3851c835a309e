import type { ComponentProps } from "react";
import { Button } from "./button.tsx";
import { Dialog } from "./dialog.tsx";

interface DialogFormProps extends ComponentProps<typeof Dialog> {
  readonly onSubmit: () => void;
  /** What the button says that sends it. */
  readonly action: string;
  readonly isBusy: boolean;
  /** What the button says that sends nothing. */
  readonly dismissal?: string;
  /** False while something in it is wrong. */
  readonly isReady?: boolean;
}

/** A dialog that is filled in and sent. */
export function DialogForm(props: DialogFormProps) {
  const { onSubmit, action, isBusy, dismissal = "Cancel", isReady = true, children, ...dialog } = props;
  return (
    <Dialog {...dialog}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          onSubmit();
        }}
      >
        {children}
        <div className="dialog-actions">
          <Button onClick={dialog.onClose}>{dismissal}</Button>
          <Button type="submit" look="primary" isBusy={isBusy} disabled={!isReady}>
            {action}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
