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

/** What an attempt came to, what was answered, and how long that took. */
export function Outcome({ of: { outcome, status, milliseconds } }: OutcomeProps) {
  const [words, tone] = WORDS[outcome] ?? [outcome, "quiet"];
  return (
    <>
      <Status tone={tone}>{words}</Status> {answerOf(outcome, status)}{" "}
      <span className="muted">in {timeOf(milliseconds)}</span>
    </>
  );
}

/** Where a target is only asked how it goes, its answer has no status of its own. */
function answerOf(outcome: string, status: number | null): string {
  if (status !== null) return `answered ${status}`;
  return outcome === "done" || outcome === "running" ? "" : "no answer";
}

/** A second is much for an answer: what is below is told to the millisecond. */
function timeOf(milliseconds: number): string {
  return milliseconds < 10_000 ? `${milliseconds.toLocaleString()} ms` : formatDuration(milliseconds);
}
