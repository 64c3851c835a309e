import { useEffect, useState } from "react";
import { Button } from "./button.tsx";
import { Icon } from "./icon.tsx";

/** Milliseconds for which the button says that it has copied. */
const DONE_FOR = 2000;

/** Copies text. @param props.what the name of the text for screen readers: "Copy <what>". */
export function CopyButton({ text, what }: { readonly text: string; readonly what: string }) {
  const [state, setState] = useState<"idle" | "done" | "failed">("idle");
  useEffect(() => {
    if (state === "idle") return undefined;
    const timer = setTimeout(() => setState("idle"), DONE_FOR);
    return () => clearTimeout(timer);
  }, [state]);
  const copy = (): void => {
    navigator.clipboard.writeText(text).then(
      () => setState("done"),
      () => setState("failed"),
    );
  };
  const said = { idle: "", done: "Copied", failed: "The browser did not allow copying" }[state];
  return (
    <span className="copy">
      <Button
        look="quiet"
        onClick={copy}
        aria-label={`Copy ${what}`}
        title={`Copy ${what}`}
        icon={<Icon name={state === "done" ? "check" : "copy"} />}
      />
      <output className={state === "failed" ? "copy-said" : "visually-hidden"}>{said}</output>
    </span>
  );
}
