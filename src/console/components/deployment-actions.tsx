import { useNavigate } from "@tanstack/react-router";
import type { ComponentProps, ReactNode } from "react";
import { Confirm } from "./confirm.tsx";
import { DialogButton } from "./dialog-button.tsx";
import { SwitchButton } from "./switch-button.tsx";
import { TestDialog } from "./test-dialog.tsx";
import { toast } from "./toasts.tsx";

interface DeploymentActionsProps {
  readonly what: "trigger" | "target";
  readonly space: string;
  readonly name: string;
  readonly isOn: boolean;
  readonly test: ComponentProps<typeof TestDialog>["send"];
  readonly switchTo: (isOn: boolean) => Promise<unknown>;
  readonly remove: () => Promise<unknown>;
  /** What is lost when it is deleted. */
  readonly consequences: ReactNode;
  /** What only one of the two has. */
  readonly children: ReactNode;
}

/** What one can do with a trigger or a target beside changing it. */
export function DeploymentActions(props: DeploymentActionsProps) {
  const { what, space, name, isOn, test, switchTo, remove, consequences, children } = props;
  const navigate = useNavigate();
  const removeAndLeave = async (): Promise<void> => {
    await remove();
    toast(`The ${what} ${name} is deleted`);
    await navigate({ to: `/spaces/$space/${what}s`, params: { space } });
  };
  return (
    <div className="actions">
      <DialogButton label="Test">
        {(dialog) => <TestDialog {...dialog} title={`Test ${name}`} space={space} send={test} />}
      </DialogButton>
      {children}
      <SwitchButton isOn={isOn} what={name} change={switchTo} />
      <DialogButton label="Delete">
        {(dialog) => (
          <Confirm
            {...dialog}
            title={`Delete the ${what} ${name}?`}
            action={`Delete the ${what}`}
            onConfirm={removeAndLeave}
          >
            {consequences}
          </Confirm>
        )}
      </DialogButton>
    </div>
  );
}
