import "./status.css";

type Tone = "good" | "bad" | "busy" | "quiet";

/** Shows a status in words; the colour only helps. */
export function Status({ tone, children }: { readonly tone: Tone; readonly children: string }) {
  return <span className={`badge status-${tone}`}>{children}</span>;
}
