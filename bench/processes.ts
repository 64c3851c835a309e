import { existsSync, readdirSync, readFileSync } from "node:fs";

/** Whether this system shows its processes as Linux does. */
export const processesVisible = existsSync("/proc/self/status");

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly name: string;
}

/** The process ids of all that descends from a process and has this name. */
export function descendants(of: number, name: string): readonly number[] {
  const all = processes();
  const family = new Set([of]);
  for (let before = 0; before < family.size;) {
    before = family.size;
    for (const { pid, parent } of all) if (family.has(parent)) family.add(pid);
  }
  return all.filter((one) => one.name === name && family.has(one.pid)).map(({ pid }) => pid);
}

/** Bytes of memory that a process has in use; 0 when it has ended. */
export function residentBytes(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`)) ?? [];
  return Number(kilobytes ?? 0) * 1024;
}

function processes(): readonly Process[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => {
      // `<pid> (<name>) <state> <parent> …`, and the name may hold anything.
      const [, pid, name, parent] = /^(\d+) \((.*)\) \S (\d+) /s.exec(read(`/proc/${entry}/stat`)) ?? [];
      return name === undefined ? [] : [{ pid: Number(pid), name, parent: Number(parent) }];
    });
}

/** Empty when the process has ended meanwhile. */
function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
