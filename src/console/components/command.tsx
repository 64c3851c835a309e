import { CopyButton } from "./copy-button.tsx";

interface CommandProps {
  readonly text: string;
  readonly what: string;
  /** What is copied, where it is not exactly what is shown. */
  readonly copied?: string;
}

/** Lines to be typed or put into a file elsewhere. */
export function Command({ text, what, copied = text }: CommandProps) {
  return (
    <div className="command">
      {/* It scrolls where it is too wide, so the keyboard must get there. */}
      <pre tabIndex={0} aria-label={what}>
        {text}
      </pre>
      <CopyButton text={copied} what={what} />
    </div>
  );
}
