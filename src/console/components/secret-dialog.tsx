import { Button } from "./button.tsx";
import { Command } from "./command.tsx";
import { Dialog } from "./dialog.tsx";

interface SecretDialogProps {
  /** The secret; null if there is none to show. */
  readonly secret: string | null;
  readonly title: string;
  /** The secret's purpose. */
  readonly children: string;
  readonly onClose: () => void;
}

/** Shows a secret, which cannot be shown again. */
export function SecretDialog({ secret, title, children, onClose }: SecretDialogProps) {
  return (
    <Dialog isOpen={secret !== null} onClose={onClose} title={title} description={`${children} It is not shown again.`}>
      <Command text={secret ?? ""} what="secret" />
      <div className="dialog-actions">
        <Button look="primary" onClick={onClose}>
          I have saved it
        </Button>
      </div>
    </Dialog>
  );
}
