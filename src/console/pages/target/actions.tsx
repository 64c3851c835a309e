import type { Target } from "../../../contract/operations.ts";
import { useChange } from "../../api/queries.ts";
import { DeploymentActions } from "../../parts/deployment-actions.tsx";
import { TriggerLink, useDeployment } from "../../parts/deployment.tsx";
import { DialogButton } from "../../components/dialog-button.tsx";
import { useTargetTypes } from "../../api/target-types.ts";
import { typeFormOf } from "./type-form.ts";
import { RotateDialog } from "./rotate.tsx";

interface TargetActionsProps {
  readonly space: string;
  readonly target: Target;
  /** Shows a new secret, only this once. */
  readonly onSecret: (secret: string) => void;
}

export function TargetActions({ space, target, onSecret }: TargetActionsProps) {
  const { id, name, type, hasSecret } = target;
  const types = useTargetTypes();
  const test = useChange("testTarget", []);
  const enable = useChange("enableTarget", ["getTarget", "listTargets"]);
  const disable = useChange("disableTarget", ["getTarget", "listTargets"]);
  const remove = useChange("deleteTarget", ["listTargets"]);
  return (
    <DeploymentActions
      what="target"
      space={space}
      item={target}
      changes={{ test, enable, disable, remove }}
      consequences={<Consequences space={space} id={id} />}
    >
      {hasSecret && (
        <DialogButton label="Rotate the secret">
          {(dialog) => (
            <RotateDialog
              {...dialog}
              space={space}
              id={id}
              name={name}
              secret={typeFormOf(types, type).secret}
              onSecret={onSecret}
            />
          )}
        </DialogButton>
      )}
    </DeploymentActions>
  );
}

/** The triggers that depend on a target. */
function Consequences({ space, id }: { readonly space: string; readonly id: string }) {
  const deployment = useDeployment(space);
  const users = deployment.triggers.items.filter(({ targets }) => targets.includes(id));
  return (
    <div className="form">
      <p>Its pending deliveries fail and its secret is deleted at once. This cannot be undone.</p>
      {users.length > 0 && (
        <div>
          <p>These triggers send to it:</p>
          <ul>
            {users.map((trigger) => (
              <li key={trigger.id}>
                <TriggerLink space={space} id={trigger.id} deployment={deployment} />
                {trigger.targets.length === 1 && ", which then has no target left"}
              </li>
            ))}
          </ul>
        </div>
      )}
    </div>
  );
}
