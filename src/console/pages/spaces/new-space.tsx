import { useNavigate } from "@tanstack/react-router";
import { type SubmitEvent, useState } from "react";
import { useChange } from "../../api/queries.ts";
import { Button } from "../../components/button.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { TextField } from "../../components/field.tsx";
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
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    create.mutate(
      { path: {}, body: { name, public: isPublic } },
      {
        onSuccess: (space) => {
          setName("");
          close();
          toast(`The space ${space.name} is there`);
          void navigate({ to: "/spaces/$space", params: { space: space.name } });
        },
      },
    );
  };
  return (
    <Dialog isOpen={isOpen} onClose={close} title="New space">
      <form onSubmit={submit} className="form">
        <TextField
          label="Name"
          required
          maxLength={63}
          autoComplete="off"
          spellCheck={false}
          value={name}
          onChange={(event) => setName(event.target.value)}
          hint="The first part of its images’ names: lower-case letters and digits, separated by dots, dashes or underscores."
          error={create.error === null ? undefined : sentence(create.error.message)}
        />
        <label>
          <input type="checkbox" checked={isPublic} onChange={(event) => setPublic(event.target.checked)} /> Anybody may
          pull, without logging in
        </label>
        <div className="dialog-actions">
          <Button onClick={close}>Cancel</Button>
          <Button type="submit" look="primary" isBusy={create.isPending}>
            Create
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
