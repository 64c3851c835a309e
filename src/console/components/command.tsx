import { CopyButton } from "./copy-button.tsx";

interface CommandProps {
  readonly text: string;
  readonly what: string;
  /** The text to copy, if it differs from the shown one. */
  readonly copied?: string;
}

/** Shows lines to type, or to put into a file, elsewhere. */
export function Command({ text, what, copied = text }: CommandProps) {
  return (
    <div className="command">
      {/* A command that is too wide scrolls, so the keyboard must be able to reach it. */}
      <pre tabIndex={0} aria-label={what}>
        {text}
      </pre>
      <CopyButton text={copied} what={what} />
    </div>
  );
}
