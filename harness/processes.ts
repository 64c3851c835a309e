import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";

/** True if this system shows its processes as Linux does. */
export const processesVisible = existsSync("/proc/self/status");

/** The unit of Linux for times of processes, in milliseconds. */
const TICK_MS = 10;

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly name: string;
}

/** Returns the ids of all descendants of a process that have this name. */
export function descendants(of: number, name: string): readonly number[] {
  const all = processes();
  const family = new Set([of]);
  for (let before = 0; before < family.size;) {
    before = family.size;
    for (const { pid, parent } of all) if (family.has(parent)) family.add(pid);
  }
  return all.filter((one) => one.name === name && family.has(one.pid)).map(({ pid }) => pid);
}

/** Returns the bytes of memory that a process uses; 0 if it has ended. */
export function residentBytes(pid: number): number {
  return bytesOf(pid, "VmRSS");
}

/** Returns the milliseconds of CPU that a process has taken, in user mode and in the kernel; 0 if it has ended. */
export function cpuTime(pid: number): number {
  // The name may contain anything. After it come the state, the parent and so on; user and system time are the 14th and
  // 15th fields of the whole line.
  const [user, system] = read(`/proc/${pid}/stat`)
    .replace(/^.*\) /s, "")
    .split(" ")
    .slice(11, 13);
  return (Number(user ?? 0) + Number(system ?? 0)) * TICK_MS;
}

/** Resets the peak of a process's memory to the bytes that it uses now. */
export function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
}

/** Returns the most bytes of memory that a process has used; 0 if it has ended. */
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
      // `<pid> (<name>) <state> <parent> …`, where the name may contain anything.
      const [, pid, name, parent] = /^(\d+) \((.*)\) \S (\d+) /s.exec(read(`/proc/${entry}/stat`)) ?? [];
      return name === undefined ? [] : [{ pid: Number(pid), name, parent: Number(parent) }];
    });
}

/** Reads a file; empty if the process has ended meanwhile. */
function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
