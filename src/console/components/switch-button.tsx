import { useMutation } from "@tanstack/react-query";
import { Button } from "./button.tsx";
import { toast } from "./toasts.tsx";

interface SwitchButtonProps {
  readonly isOn: boolean;
  /** The name of the thing that is switched. */
  readonly what: string;
  readonly change: (isOn: boolean) => Promise<unknown>;
}

export function SwitchButton({ isOn, what, change }: SwitchButtonProps) {
  const flip = useMutation({
    mutationFn: () => change(!isOn),
    onSuccess: () => toast(`${isOn ? "Disabled" : "Enabled"} ${what}`),
    onError: ({ message }) => toast(`Could not ${isOn ? "disable" : "enable"} ${what}: ${message}`),
  });
  return (
    <Button onClick={() => flip.mutate()} isBusy={flip.isPending}>
      {isOn ? "Disable" : "Enable"}
    </Button>
  );
}
