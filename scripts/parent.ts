import { readFileSync } from "node:fs";

const EVERY = 500;

/**
 * Calls `end` once the npm that started this process has ended. npm tells nobody when it is killed, and there may be a
 * shell between the two. It does nothing for a process that npm did not start, which may outlive its parent.
 */
export function endWithNpm(end: () => void): void {
  if (process.env["npm_lifecycle_event"] === undefined) return;
  const began = ancestors();
  setInterval(() => {
    if (ancestors().join() !== began.join()) end();
  }, EVERY).unref();
}

/**
 * Returns the process that started this one. If that is a shell, and the system tells, also returns the process that
 * started the shell.
 */
function ancestors(): readonly number[] {
  const parent = process.ppid;
  try {
    const [, name = "", grandparent = ""] =
      /\((.*)\) \S (\d+)/.exec(readFileSync(`/proc/${parent}/stat`, "utf8")) ?? [];
    return /^(?:ba|da|z)?sh$/.test(name) ? [parent, Number(grandparent)] : [parent];
  } catch {
    return [parent];
  }
}
