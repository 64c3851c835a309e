import { useNavigate, useParams } from "@tanstack/react-router";
import { useChange } from "../../api/queries.ts";
import { PageHead } from "../../components/page-head.tsx";
import { toast } from "../../components/toasts.tsx";
import { TriggerForm } from "./form.tsx";

export function NewTriggerPage() {
  const { space } = useParams({ from: "/signed-in/spaces/$space" });
  const navigate = useNavigate();
  const create = useChange("createTrigger", ["listTriggers"]);
  return (
    <>
      <PageHead title="New trigger" />
      <TriggerForm
        space={space}
        trigger={null}
        action="Create"
        isSaving={create.isPending}
        failure={create.error}
        onSave={(body) =>
          create.mutate(
            { path: { space }, body },
            {
              onSuccess: ({ id, name }) => {
                toast(`Created trigger ${name}`);
                void navigate({ to: "/spaces/$space/triggers/$trigger", params: { space, trigger: id } });
              },
            },
          )
        }
      />
    </>
  );
}
