import type { Trigger } from "../../../contract/operations.ts";
import { useChange } from "../../api/queries.ts";
import { DeploymentActions } from "../../parts/deployment-actions.tsx";
import { DialogButton } from "../../components/dialog-button.tsx";
import { ReplayDialog } from "./replay.tsx";

interface TriggerActionsProps {
  readonly space: string;
  readonly trigger: Trigger;
}

export function TriggerActions({ space, trigger }: TriggerActionsProps) {
  const { id, name } = trigger;
  const test = useChange("testTrigger", ["listTargets"]);
  const enable = useChange("enableTrigger", ["getTrigger", "listTriggers"]);
  const disable = useChange("disableTrigger", ["getTrigger", "listTriggers"]);
  const remove = useChange("deleteTrigger", ["listTriggers"]);
  return (
    <DeploymentActions
      what="trigger"
      space={space}
      item={trigger}
      changes={{ test, enable, disable, remove }}
      consequences={<p>It sends no more pushes to its targets. This cannot be undone.</p>}
    >
      <DialogButton label="Replay">
        {(dialog) => <ReplayDialog {...dialog} space={space} id={id} name={name} />}
      </DialogButton>
    </DeploymentActions>
  );
}
