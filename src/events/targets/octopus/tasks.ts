import * as z from "zod";
import type { Outcome } from "../../target.ts";

/** The state of a task in Octopus. */
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

/** Reads Octopus's answer about a task; null if it does not describe one. */
export function parseTask(id: string, json: unknown): TaskState | null {
  const parsed = serverTask.safeParse(json);
  if (!parsed.success) return null;
  const { State, IsCompleted, FinishedSuccessfully, HasPendingInterruptions = false, ErrorMessage } = parsed.data;
  const ended = IsCompleted ?? ENDED.has(State);
  const note = ErrorMessage ? `: ${ErrorMessage}` : HasPendingInterruptions && !ended ? ", waits for a person" : "";
  return { id, ended, succeeded: FinishedSuccessfully ?? State === "Success", text: `${id} ${State}${note}` };
}

/** Milliseconds for which a deployment is followed if it does not end: a day. */
const FOLLOWED_FOR = 86_400_000;

/** Seconds between questions: few at first, then more and more. */
const SHORTEST_WAIT = 5;
const LONGEST_WAIT = 300;

/** Decides a delivery's verdict by its tasks. @param elapsed milliseconds since they were started */
export function followed(tasks: readonly TaskState[], elapsed: number): Pick<Outcome, "verdict" | "wait"> {
  if (tasks.every(({ ended, succeeded }) => ended && succeeded)) return { verdict: "done", wait: null };
  if (tasks.every(({ ended }) => ended) || elapsed > FOLLOWED_FOR) return { verdict: "failed", wait: null };
  const wait = Math.min(LONGEST_WAIT, Math.max(SHORTEST_WAIT, Math.ceil(elapsed / 10_000)));
  return { verdict: "running", wait };
}
