import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { Target } from "../../../cli/management/operations.ts";
import { useChange } from "../../api/queries.ts";
import { Button } from "../../components/button.tsx";
import { Confirm } from "../../components/confirm.tsx";
import { TriggerLink, useDeployment } from "../../components/deployment.tsx";
import { SwitchButton } from "../../components/switch-button.tsx";
import { TestDialog } from "../../components/test-dialog.tsx";
import { toast } from "../../components/toasts.tsx";
import { kindOf } from "./kinds.ts";
import { RotateDialog } from "./rotate.tsx";

interface TargetActionsProps {
  readonly space: string;
  readonly target: Target;
  /** Of a new secret, which is shown once. */
  readonly onSecret: (secret: string) => void;
}

type Open = "test" | "rotate" | "delete" | null;

/** What one can do with a target beside changing it. */
export function TargetActions({ space, target, onSecret }: TargetActionsProps) {
  const { id, name, enabled, hasSecret } = target;
  const [open, setOpen] = useState<Open>(null);
  const close = (): void => setOpen(null);
  const navigate = useNavigate();
  const test = useChange("testTarget", []);
  const enable = useChange("enableTarget", ["getTarget", "listTargets"]);
  const disable = useChange("disableTarget", ["getTarget", "listTargets"]);
  const remove = useChange("deleteTarget", ["listTargets"]);
  const path = { space, id };
  return (
    <div className="actions">
      <Button onClick={() => setOpen("test")}>Test</Button>
      {hasSecret && <Button onClick={() => setOpen("rotate")}>Rotate the secret</Button>}
      <SwitchButton isOn={enabled} what={name} change={(isOn) => (isOn ? enable : disable).mutateAsync({ path })} />
      <Button onClick={() => setOpen("delete")}>Delete</Button>
      <TestDialog
        isOpen={open === "test"}
        onClose={close}
        title={`Test ${name}`}
        space={space}
        send={(body) => test.mutateAsync({ path, body })}
      />
      <RotateDialog
        isOpen={open === "rotate"}
        onClose={close}
        space={space}
        id={id}
        name={name}
        secret={kindOf(target.type).secret}
        onSecret={onSecret}
      />
      <Confirm
        isOpen={open === "delete"}
        onClose={close}
        title={`Delete the target ${name}?`}
        action="Delete the target"
        onConfirm={async () => {
          await remove.mutateAsync({ path });
          toast(`The target ${name} is deleted`);
          await navigate({ to: "/spaces/$space/targets", params: { space } });
        }}
      >
        <Consequences space={space} id={id} />
      </Confirm>
    </div>
  );
}

/** What depends on a target. */
function Consequences({ space, id }: { readonly space: string; readonly id: string }) {
  const deployment = useDeployment(space);
  const users = deployment.triggers.items.filter(({ targets }) => targets.includes(id));
  return (
    <div className="form">
      <p>What is pending for it fails, and its secret is gone at once. It cannot be brought back.</p>
      {users.length > 0 && (
        <div>
          <p>These triggers go to it:</p>
          <ul>
            {users.map((trigger) => (
              <li key={trigger.id}>
                <TriggerLink space={space} id={trigger.id} deployment={deployment} />
                {trigger.targets.length === 1 && ", which then goes nowhere"}
              </li>
            ))}
          </ul>
        </div>
      )}
    </div>
  );
}
