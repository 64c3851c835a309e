import { useMutation } from "@tanstack/react-query";
import { Button } from "./button.tsx";
import { toast } from "./toasts.tsx";

interface SwitchButtonProps {
  readonly isOn: boolean;
  /** What is switched, by its name. */
  readonly what: string;
  readonly change: (isOn: boolean) => Promise<unknown>;
}

export function SwitchButton({ isOn, what, change }: SwitchButtonProps) {
  const flip = useMutation({
    mutationFn: () => change(!isOn),
    onSuccess: () => toast(`${what} is switched ${isOn ? "off" : "on"}`),
    onError: ({ message }) => toast(`${what} could not be switched ${isOn ? "off" : "on"}: ${message}`),
  });
  return (
    <Button onClick={() => flip.mutate()} isBusy={flip.isPending}>
      {isOn ? "Switch off" : "Switch on"}
    </Button>
  );
}
