import { useState } from "react";
import { useChange } from "../../api/queries.ts";
import { DialogForm } from "../../components/dialog-form.tsx";
import { TextField } from "../../components/field.tsx";
import { fieldErrors } from "../../components/field-errors.ts";
import { Failure } from "../../components/notice.tsx";
import { toast } from "../../components/toasts.tsx";
import type { SecretField } from "./type-form.ts";

interface RotateDialogProps {
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly space: string;
  readonly id: string;
  readonly name: string;
  /** Null if the registry makes the secret. */
  readonly secret: SecretField | null;
  readonly onSecret: (secret: string) => void;
}

/** Replaces a target's secret, by a new one from the registry or a given one. */
export function RotateDialog({ isOpen, onClose, space, id, name, secret, onSecret }: RotateDialogProps) {
  const [given, setGiven] = useState("");
  const rotate = useChange("rotateTargetSecret", ["getTarget"]);
  const close = (): void => {
    rotate.reset();
    setGiven("");
    onClose();
  };
  const errors = fieldErrors(rotate.error, ["secret"]);
  const submit = (): void => {
    rotate.mutate(
      { path: { space, id }, body: secret === null ? {} : { secret: given } },
      {
        onSuccess: ({ secret: made }) => {
          close();
          if (made === undefined) toast(`${name} has a new secret`);
          else onSecret(made);
        },
      },
    );
  };
  return (
    <DialogForm
      isOpen={isOpen}
      onClose={close}
      title={`Rotate the secret of ${name}`}
      description={
        secret === null
          ? "A new secret is created and shown once. For one day deliveries are signed with both secrets, so that you have time to change your receiver."
          : "The next delivery uses the new secret."
      }
      onSubmit={submit}
      action="Rotate"
      isBusy={rotate.isPending}
    >
      {secret !== null && (
        <TextField
          label={`New ${secret.label.toLowerCase()}`}
          type="password"
          autoComplete="off"
          required
          value={given}
          onChange={(event) => setGiven(event.target.value)}
          error={errors.at("secret")}
        />
      )}
      {errors.elsewhere && <Failure error={errors.elsewhere} />}
    </DialogForm>
  );
}
