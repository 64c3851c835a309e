import { useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import type { NewTarget } from "../../../contract/operations.ts";
import { useChange } from "../../api/queries.ts";
import { PageHead } from "../../components/page-head.tsx";
import { SecretDialog } from "../../components/secret-dialog.tsx";
import { toast } from "../../components/toasts.tsx";
import { TargetForm } from "./form.tsx";

export function NewTargetPage() {
  const { space } = useParams({ from: "/signed-in/spaces/$space" });
  const navigate = useNavigate();
  const create = useChange("createTarget", ["listTargets"]);
  const [made, setMade] = useState<NewTarget | null>(null);
  const goOn = ({ id, name }: NewTarget): void => {
    toast(`Created target ${name}`);
    void navigate({ to: "/spaces/$space/targets/$target", params: { space, target: id } });
  };
  return (
    <>
      <PageHead title="New target" />
      <TargetForm
        target={null}
        action="Create"
        isSaving={create.isPending}
        failure={create.error}
        onSave={({ secret, ...input }) =>
          create.mutate(
            { path: { space }, body: { ...input, secret: secret ?? undefined } },
            { onSuccess: (target) => (target.secret === undefined ? goOn(target) : setMade(target)) },
          )
        }
      />
      <SecretDialog
        secret={made?.secret ?? null}
        title="The target’s secret"
        onClose={() => made !== null && goOn(made)}
      >
        Give it to your receiver: it uses the secret to verify that deliveries come from this registry.
      </SecretDialog>
    </>
  );
}
