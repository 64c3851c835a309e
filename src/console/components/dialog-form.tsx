import type { ComponentProps } from "react";
import { Button } from "./button.tsx";
import { Dialog } from "./dialog.tsx";

interface DialogFormProps extends ComponentProps<typeof Dialog> {
  readonly onSubmit: () => void;
  /** The label of the button that sends the form. */
  readonly action: string;
  readonly isBusy: boolean;
  /** The label of the button that closes the form without sending it. */
  readonly dismissal?: string;
  /** False while the form is incomplete or has an error. */
  readonly isReady?: boolean;
}

/** A dialog with a form to fill in and send. */
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
