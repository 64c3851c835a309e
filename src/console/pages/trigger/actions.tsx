import type { Trigger } from "../../../cli/management/operations.ts";
import { useChange } from "../../api/queries.ts";
import { DeploymentActions } from "../../components/deployment-actions.tsx";
import { DialogButton } from "../../components/dialog-button.tsx";
import { ReplayDialog } from "./replay.tsx";

interface TriggerActionsProps {
  readonly space: string;
  readonly trigger: Trigger;
}

export function TriggerActions({ space, trigger: { id, name, enabled } }: TriggerActionsProps) {
  const test = useChange("testTrigger", ["listTargets"]);
  const enable = useChange("enableTrigger", ["getTrigger", "listTriggers"]);
  const disable = useChange("disableTrigger", ["getTrigger", "listTriggers"]);
  const remove = useChange("deleteTrigger", ["listTriggers"]);
  const path = { space, id };
  return (
    <DeploymentActions
      what="trigger"
      space={space}
      name={name}
      isOn={enabled}
      test={(body) => test.mutateAsync({ path, body })}
      switchTo={(isOn) => (isOn ? enable : disable).mutateAsync({ path })}
      remove={() => remove.mutateAsync({ path })}
      consequences={
        <p>
          Its targets hear of no more pushes through it. What is on its way already goes on. It cannot be brought back.
        </p>
      }
    >
      <DialogButton label="Replay">
        {(dialog) => <ReplayDialog {...dialog} space={space} id={id} name={name} />}
      </DialogButton>
    </DeploymentActions>
  );
}
