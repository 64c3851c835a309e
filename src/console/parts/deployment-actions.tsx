import { useNavigate } from "@tanstack/react-router";
import type { ComponentProps, ReactNode } from "react";
import { Confirm } from "../components/confirm.tsx";
import { DialogButton } from "../components/dialog-button.tsx";
import { SwitchButton } from "../components/switch-button.tsx";
import { TestDialog } from "./test-dialog.tsx";
import { toast } from "../components/toasts.tsx";

interface Path {
  readonly path: { readonly space: string; readonly id: string };
}

interface Change {
  readonly mutateAsync: (input: Path) => Promise<unknown>;
}

type Send = ComponentProps<typeof TestDialog>["send"];

interface Test {
  readonly mutateAsync: (input: Path & { readonly body: Parameters<Send>[0] }) => ReturnType<Send>;
}

interface DeploymentActionsProps {
  readonly what: "trigger" | "target";
  readonly space: string;
  readonly item: { readonly id: string; readonly name: string; readonly enabled: boolean };
  /** Changes from `useChange`. */
  readonly changes: Readonly<Record<"enable" | "disable" | "remove", Change>> & { readonly test: Test };
  /** The things that are lost on deletion. */
  readonly consequences: ReactNode;
  /** Further actions, which only triggers or only targets have. */
  readonly children: ReactNode;
}

/** Shows the actions on a trigger or a target, except changing its settings. */
export function DeploymentActions(props: DeploymentActionsProps) {
  const { what, space, item, changes, consequences, children } = props;
  const { id, name, enabled } = item;
  const path = { space, id };
  const navigate = useNavigate();
  const removeAndLeave = async (): Promise<void> => {
    await changes.remove.mutateAsync({ path });
    toast(`Deleted ${what} ${name}`);
    await navigate({ to: `/spaces/$space/${what}s`, params: { space } });
  };
  return (
    <div className="actions">
      <DialogButton label="Test">
        {(dialog) => (
          <TestDialog
            {...dialog}
            title={`Test ${name}`}
            space={space}
            send={(body) => changes.test.mutateAsync({ path, body })}
          />
        )}
      </DialogButton>
      {children}
      <SwitchButton
        isOn={enabled}
        what={name}
        change={(isOn) => (isOn ? changes.enable : changes.disable).mutateAsync({ path })}
      />
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
