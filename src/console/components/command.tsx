import { CopyButton } from "./copy-button.tsx";

/** Lines to be typed or put into a file elsewhere. */
export function Command({ text, what }: { readonly text: string; readonly what: string }) {
  return (
    <div className="command">
      {/* It scrolls where it is too wide, so the keyboard must get there. */}
      <pre tabIndex={0} aria-label={what}>
        {text}
      </pre>
      <CopyButton text={text} what={what} />
    </div>
  );
}
