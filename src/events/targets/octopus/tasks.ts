import * as z from "zod";
import type { Outcome } from "../../target.ts";

/** How a task in Octopus stands. */
export interface TaskState {
  readonly id: string;
  readonly ended: boolean;
  readonly succeeded: boolean;
  /** For the operator. */
  readonly text: string;
}

const serverTask = z.looseObject({
  State: z.string(),
  IsCompleted: z.boolean().optional(),
  FinishedSuccessfully: z.boolean().optional(),
  HasPendingInterruptions: z.boolean().optional(),
  ErrorMessage: z.string().nullish(),
});

const ENDED = new Set(["Success", "Failed", "Canceled", "TimedOut"]);

/** Reads what Octopus answers when asked for a task; null where that is no task. */
export function parseTask(id: string, json: unknown): TaskState | null {
  const parsed = serverTask.safeParse(json);
  if (!parsed.success) return null;
  const { State, IsCompleted, FinishedSuccessfully, HasPendingInterruptions = false, ErrorMessage } = parsed.data;
  const ended = IsCompleted ?? ENDED.has(State);
  const note = ErrorMessage ? `: ${ErrorMessage}` : HasPendingInterruptions && !ended ? ", waits for a person" : "";
  return { id, ended, succeeded: FinishedSuccessfully ?? State === "Success", text: `${id} ${State}${note}` };
}

/** A deployment that has not ended after a day is not followed further, in milliseconds. */
const FOLLOWED_FOR = 86_400_000;

/** Seconds: soon at first, and more and more patiently. */
const SHORTEST_WAIT = 5;
const LONGEST_WAIT = 300;

/** What a delivery comes to, whose tasks stand like this. @param elapsed milliseconds since they were started. */
export function followed(tasks: readonly TaskState[], elapsed: number): Pick<Outcome, "verdict" | "wait"> {
  if (tasks.every(({ ended, succeeded }) => ended && succeeded)) return { verdict: "done", wait: null };
  if (tasks.every(({ ended }) => ended) || elapsed > FOLLOWED_FOR) return { verdict: "failed", wait: null };
  const wait = Math.min(LONGEST_WAIT, Math.max(SHORTEST_WAIT, Math.ceil(elapsed / 10_000)));
  return { verdict: "running", wait };
}
