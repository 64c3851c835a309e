import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";

/** True if this system shows its processes as Linux does. */
export const processesVisible = existsSync("/proc/self/status");

/** Milliseconds: the unit of Linux for times of processes. */
const TICK_MS = 10;

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
  return bytesOf(pid, "VmRSS");
}

/** Milliseconds of CPU that a process has taken, in user mode and in the kernel for it; 0 when it has ended. */
export function cpuTime(pid: number): number {
  // After the name, which may hold anything: state, parent, …; user and system time are the 14th and 15th field of all.
  const [user, system] = read(`/proc/${pid}/stat`)
    .replace(/^.*\) /s, "")
    .split(" ")
    .slice(11, 13);
  return (Number(user ?? 0) + Number(system ?? 0)) * TICK_MS;
}

/** Lets the peak of a process's memory begin at what it has in use. */
export function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
}

/** Bytes of memory that a process has had in use at most; 0 when it has ended. */
export function peakBytes(pid: number): number {
  return bytesOf(pid, "VmHWM");
}

function bytesOf(pid: number, field: string): number {
  const [, kilobytes] = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(read(`/proc/${pid}/status`)) ?? [];
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
