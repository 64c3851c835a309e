import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { Trigger } from "../../../cli/management/operations.ts";
import { useChange } from "../../api/queries.ts";
import { Button } from "../../components/button.tsx";
import { Confirm } from "../../components/confirm.tsx";
import { SwitchButton } from "../../components/switch-button.tsx";
import { TestDialog } from "../../components/test-dialog.tsx";
import { toast } from "../../components/toasts.tsx";
import { ReplayDialog } from "./replay.tsx";

interface TriggerActionsProps {
  readonly space: string;
  readonly trigger: Trigger;
}

type Open = "test" | "replay" | "delete" | null;

/** What one can do with a trigger beside changing it. */
export function TriggerActions({ space, trigger: { id, name, enabled } }: TriggerActionsProps) {
  const [open, setOpen] = useState<Open>(null);
  const close = (): void => setOpen(null);
  const navigate = useNavigate();
  const test = useChange("testTrigger", ["listTargets"]);
  const enable = useChange("enableTrigger", ["getTrigger", "listTriggers"]);
  const disable = useChange("disableTrigger", ["getTrigger", "listTriggers"]);
  const remove = useChange("deleteTrigger", ["listTriggers"]);
  const path = { space, id };
  return (
    <div className="actions">
      <Button onClick={() => setOpen("test")}>Test</Button>
      <Button onClick={() => setOpen("replay")}>Replay</Button>
      <SwitchButton isOn={enabled} what={name} change={(isOn) => (isOn ? enable : disable).mutateAsync({ path })} />
      <Button onClick={() => setOpen("delete")}>Delete</Button>
      <TestDialog
        isOpen={open === "test"}
        onClose={close}
        title={`Test ${name}`}
        space={space}
        send={(body) => test.mutateAsync({ path, body })}
      />
      <ReplayDialog isOpen={open === "replay"} onClose={close} space={space} id={id} name={name} />
      <Confirm
        isOpen={open === "delete"}
        onClose={close}
        title={`Delete the trigger ${name}?`}
        action="Delete the trigger"
        onConfirm={async () => {
          await remove.mutateAsync({ path });
          toast(`The trigger ${name} is deleted`);
          await navigate({ to: "/spaces/$space/triggers", params: { space } });
        }}
      >
        <p>
          Its targets hear of no more pushes through it. What is on its way already goes on. It cannot be brought back.
        </p>
      </Confirm>
    </div>
  );
}
