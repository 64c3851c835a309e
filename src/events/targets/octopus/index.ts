/**
 * Octopus Deploy: creates a release, starts its deployments and runbooks, and follows their tasks to the
 * end. The answers are kept as progress after each call, so that a retry goes on from there.
 */
import * as z from "zod";
import { parseRetryAfter } from "../../schedule.ts";
import { type Attempt, defineSteppedTarget, type Outcome, UnsendableError } from "../../target.ts";
import { requireTag, TAG_PUSHES } from "../push-format.ts";
import { parseUrl } from "../request.ts";
import { type Octopus, OctopusRefusal, openOctopus } from "./client.ts";
import { type Command, releaseCommand, taskCommands } from "./commands.ts";
import { octopusConfig, type OctopusConfig } from "./config.ts";
import { followed, parseTask, type TaskState } from "./tasks.ts";

/** The progress that an attempt leaves for the next one. */
const progressShape = z.object({
  release: z.object({ id: z.string(), version: z.string() }).nullable(),
  /** Keys of the commands that Octopus has answered. */
  started: z.array(z.string()),
  tasks: z.array(z.string()),
  /** When the last task was started, in milliseconds since the epoch. */
  since: z.number(),
});

type Progress = z.infer<typeof progressShape>;

const createdRelease = z.looseObject({ ReleaseId: z.string(), ReleaseVersion: z.string() });
const taskList = z.array(z.looseObject({ ServerTaskId: z.string() }));
const startedTasks = z.union([
  z.looseObject({ DeploymentServerTasks: taskList }).transform((answer) => answer.DeploymentServerTasks),
  z.looseObject({ RunbookRunServerTasks: taskList }).transform((answer) => answer.RunbookRunServerTasks),
]);

/** Statuses of a request that is wrong, so that sending it again does not help. */
const HOPELESS = new Set([400, 405, 422]);

const HINTS: Readonly<Record<number, string>> = {
  401: "Octopus does not accept the API key, or does not trust this registry as an issuer",
  403: "the API key or service account may not do this",
  404: "Octopus has no such space, or is older than 2022.3",
};

export const octopus = defineSteppedTarget({
  type: "octopus",
  title: "Octopus Deploy",
  description: "Creates a release, deploys it or runs a runbook, and follows the tasks to their end.",
  secret: "optional",
  secretField: { title: "API key", description: "Not needed with a service account." },
  events: TAG_PUSHES,
  address: { description: "Your Octopus server.", example: "https://acme.octopus.app" },
  config: octopusConfig,
  secretProblem: ({ serviceAccount }, hasSecret) =>
    hasSecret === (serviceAccount === undefined)
      ? null
      : "this type needs either an API key as its secret or serviceAccount in its config",
  provesItself: ({ serviceAccount }) => serviceAccount !== undefined,
  // A release alone runs nothing.
  follows: ({ deploy, runbook }) => deploy !== undefined || runbook !== undefined,

  async deliver(attempt, send) {
    const progress = { ...progressOf(attempt) };
    try {
      const server = await openOctopus(attempt, send);
      const status = await start(server, attempt, progress);
      const tasks = await Promise.all(progress.tasks.map((id) => taskOf(server, id)));
      const { verdict, wait } = followed(tasks, attempt.now.getTime() - progress.since);
      return { verdict, wait, status, detail: describe(attempt, progress, tasks), progress, health: "good" };
    } catch (fault) {
      return failure(fault, attempt, progress);
    }
  },
});

function progressOf({ progress, now }: Attempt<OctopusConfig>): Progress {
  const parsed = progressShape.safeParse(progress);
  return parsed.success ? parsed.data : { release: null, started: [], tasks: [], since: now.getTime() };
}

/** Starts every command that has not been answered, and notes it in the progress. Returns the last answer's status. */
async function start(server: Octopus, attempt: Attempt<OctopusConfig>, progress: Progress): Promise<number | null> {
  const { config, now } = attempt;
  const event = requireTag(attempt.event);
  let status: number | null = null;
  const run = async (command: Command): Promise<unknown> => {
    const answer = await server.call(command.path, command.body);
    ({ status } = answer);
    progress.started = [...progress.started, command.key];
    return answer.json;
  };
  const release = releaseCommand(config, event);
  if (release !== null && progress.release === null) {
    const created = createdRelease.parse(await run(release));
    progress.release = { id: created.ReleaseId, version: created.ReleaseVersion };
  }
  for (const command of taskCommands(config, event, progress.release?.version ?? null)) {
    if (progress.started.includes(command.key)) continue;
    const tasks = startedTasks.parse(await run(command));
    progress.tasks = [...progress.tasks, ...tasks.map(({ ServerTaskId }) => ServerTaskId)];
    progress.since = now.getTime();
  }
  return status;
}

/** Asks for a task's state. If Octopus cannot tell just now, the task counts as running. */
async function taskOf(server: Octopus, id: string): Promise<TaskState> {
  const unknown = { id, ended: false, succeeded: false };
  try {
    const { json } = await server.call(`tasks/${id}`);
    return parseTask(id, json) ?? { ...unknown, text: `${id}: Octopus did not answer with a task` };
  } catch (fault) {
    return { ...unknown, text: `${id}: ${fault instanceof Error ? fault.message : "no answer"}` };
  }
}

function describe({ url, config }: Attempt<OctopusConfig>, { release }: Progress, tasks: readonly TaskState[]): string {
  const origin = parseUrl(url).origin;
  const lines = tasks.map(({ id, text }) => `${text} (${origin}/app#/${config.space}/tasks/${id})`);
  const made = release && `release ${release.version} (${origin}/app#/${config.space}/releases/${release.id})`;
  return [...(made === null ? [] : [made]), ...lines].join("; ");
}

/** Records what was started, so that a retry does not start it again. */
function failure(fault: unknown, { now }: Attempt<OctopusConfig>, progress: Progress): Outcome {
  if (fault instanceof z.ZodError) {
    const detail = "Octopus gave an unexpected answer";
    return { verdict: "failed", status: null, detail, wait: null, progress, health: "bad" };
  }
  if (fault instanceof UnsendableError) throw fault;
  if (!(fault instanceof OctopusRefusal)) {
    const detail = fault instanceof Error ? fault.message : "no answer";
    return { verdict: "retry", status: null, detail, wait: null, progress, health: "bad" };
  }
  const { status, message, retryAfter } = fault;
  const isHopeless = HOPELESS.has(status);
  return {
    verdict: isHopeless ? "failed" : status === 410 ? "gone" : "retry",
    status,
    detail: [HINTS[status], message].filter(Boolean).join(": "),
    wait: parseRetryAfter(retryAfter, now),
    progress,
    health: isHopeless ? "unknown" : "bad",
  };
}
