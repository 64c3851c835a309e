import { useState } from "react";
import { parseBytes } from "../../../contract/format.ts";
import { formatBytes } from "../../../oci/size.ts";
import { useChange } from "../../api/queries.ts";
import { DialogForm } from "../../components/dialog-form.tsx";
import { TextField } from "../../components/field.tsx";
import { Failure } from "../../components/notice.tsx";
import { toast } from "../../components/toasts.tsx";
import type { Space } from "../../../contract/operations.ts";

/** Sets a space's quota, for the installation's administrator. */
export function QuotaDialog({ space, onClose }: { readonly space: Space; readonly onClose: () => void }) {
  const { name, quota } = space;
  const [bytes, setBytes] = useState(quota.bytes === null ? "" : exactBytes(quota.bytes));
  const [repositories, setRepositories] = useState(quota.repositories?.toString() ?? "");
  const change = useChange("updateSpace", ["getSpace", "listSpaces"]);
  const limit = bytes.trim() === "" ? null : parseBytes(bytes);
  const isWrong = limit === null && bytes.trim() !== "";
  const submit = (): void => {
    const limits = { bytes: limit, repositories: repositories === "" ? null : Number(repositories) };
    change.mutate(
      { path: { space: name }, body: { quota: limits } },
      {
        onSuccess: () => {
          toast("Limits saved");
          onClose();
        },
      },
    );
  };
  return (
    <DialogForm
      isOpen
      onClose={onClose}
      title={`Limits of ${name}`}
      onSubmit={submit}
      action="Save limits"
      isBusy={change.isPending}
      isReady={!isWrong}
    >
      <TextField
        label="Stored bytes"
        autoComplete="off"
        placeholder="no limit"
        value={bytes}
        onChange={({ target }) => setBytes(target.value)}
        hint="For example 50 GB or 500 MB. Empty: no limit."
        error={isWrong ? "Enter a number and a unit, for example 50 GB." : undefined}
      />
      <TextField
        label="Repositories"
        type="number"
        min={0}
        max={1_000_000}
        placeholder="no limit"
        value={repositories}
        onChange={({ target }) => setRepositories(target.value)}
      />
      <p className="hint">A limit below what is there deletes nothing: it only keeps more from coming.</p>
      {change.error && <Failure error={change.error} />}
    </DialogForm>
  );
}

/** Formats bytes with a unit if that reads back as the same number; else as a plain number. */
function exactBytes(bytes: number): string {
  const text = formatBytes(bytes);
  return parseBytes(text) === bytes ? text : String(bytes);
}
