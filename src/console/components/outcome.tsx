import { formatDuration } from "../../contract/format.ts";
import { Status } from "./status.tsx";

const WORDS: Readonly<Record<string, readonly [string, Parameters<typeof Status>[0]["tone"]]>> = {
  done: ["taken", "good"],
  running: ["in progress", "busy"],
  retry: ["will be retried", "bad"],
  failed: ["failed", "bad"],
  gone: ["gone: the target is disabled", "bad"],
};

interface OutcomeProps {
  /** An attempt, or a test. */
  readonly of: { readonly outcome: string; readonly status: number | null; readonly milliseconds: number };
}

/** Shows the outcome of an attempt, the status of the answer, and how long it took. */
export function Outcome({ of: { outcome, status, milliseconds } }: OutcomeProps) {
  const [words, tone] = WORDS[outcome] ?? [outcome, "quiet"];
  return (
    <>
      <Status tone={tone}>{words}</Status> {answerOf(outcome, status)}{" "}
      <span className="muted">in {timeOf(milliseconds)}</span>
    </>
  );
}

/** Names the answer's status. An answer that only reports progress has none. */
function answerOf(outcome: string, status: number | null): string {
  if (status !== null) return `answered ${status}`;
  return outcome === "done" || outcome === "running" ? "" : "no answer";
}

/** Formats a duration: in milliseconds below 10 seconds, which is long for an answer. */
function timeOf(milliseconds: number): string {
  return milliseconds < 10_000 ? `${milliseconds.toLocaleString()} ms` : formatDuration(milliseconds);
}
