import { readFileSync } from "node:fs";

const EVERY = 500;

/**
 * Calls `end` once npm has ended that started this process, which tells nobody when it is killed. Between the two there may be a
 * shell. Without effect for a process that npm did not start: it may outlive who did.
 */
export function endWithNpm(end: () => void): void {
  if (process.env["npm_lifecycle_event"] === undefined) return;
  const began = ancestors();
  setInterval(() => {
    if (ancestors().join() !== began.join()) end();
  }, EVERY).unref();
}

/** The process that started this one; if that is a shell, and the system tells, also the one that started the shell. */
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
