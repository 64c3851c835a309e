import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useChange } from "../../api/queries.ts";
import { DialogForm } from "../../components/dialog-form.tsx";
import { CheckField, TextField } from "../../components/field.tsx";
import { sentence } from "../../components/notice.tsx";
import { toast } from "../../components/toasts.tsx";

export function NewSpace({ isOpen, onClose }: { readonly isOpen: boolean; readonly onClose: () => void }) {
  const navigate = useNavigate();
  const [name, setName] = useState("");
  const [isPublic, setPublic] = useState(false);
  const create = useChange("createSpace", ["listSpaces"]);
  const close = (): void => {
    create.reset();
    onClose();
  };
  const submit = (): void => {
    create.mutate(
      { path: {}, body: { name, public: isPublic } },
      {
        onSuccess: (space) => {
          setName("");
          close();
          toast(`Created space ${space.name}`);
          void navigate({ to: "/spaces/$space", params: { space: space.name } });
        },
      },
    );
  };
  return (
    <DialogForm
      isOpen={isOpen}
      onClose={close}
      title="New space"
      onSubmit={submit}
      action="Create"
      isBusy={create.isPending}
    >
      <TextField
        label="Name"
        required
        maxLength={63}
        autoComplete="off"
        spellCheck={false}
        value={name}
        onChange={(event) => setName(event.target.value)}
        hint="The first part of every image’s name: lower-case letters and digits, separated by dots, dashes or underscores."
        error={create.error === null ? undefined : sentence(create.error.message)}
      />
      <CheckField label="Anyone may pull without logging in" isChecked={isPublic} onChange={setPublic} />
    </DialogForm>
  );
}
