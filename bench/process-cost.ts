/** What a process and its children have cost so far, read from Linux' /proc. */
import { readdirSync, readFileSync } from 'node:fs';

const TICK_NS = 10_000_000;

/** CPU time in nanoseconds, all threads of the process and of its descendants together. */
export function cpuNanoseconds(pid: number): number {
  return family(pid).reduce((sum, member) => sum + own(member), 0);
}

/** Resident memory in bytes, the process and its descendants together. */
export function residentBytes(pid: number): number {
  return family(pid).reduce((sum, member) => {
    const kilobytes = /VmRSS:\s+(\d+) kB/.exec(read(`/proc/${member}/status`) ?? '')?.[1];
    return sum + Number(kilobytes ?? 0) * 1024;
  }, 0);
}

/** The scheduler counts nanoseconds for each thread; where it is built without that, the ten-millisecond ticks have to do. */
function own(pid: number): number {
  let nanoseconds = 0;
  for (const thread of list(`/proc/${pid}/task`)) {
    nanoseconds += Number(read(`/proc/${pid}/task/${thread}/schedstat`)?.split(' ')[0] ?? 0);
  }
  if (nanoseconds > 0) return nanoseconds;
  const fields = (read(`/proc/${pid}/stat`) ?? '').split(') ').at(-1)?.split(' ') ?? [];
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * TICK_NS;
}

function family(pid: number): number[] {
  const children = list(`/proc/${pid}/task`)
    .flatMap((thread) => (read(`/proc/${pid}/task/${thread}/children`) ?? '').split(' '))
    .filter((text) => text.trim() !== '')
    .map(Number);
  return [pid, ...children.flatMap(family)];
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // A thread or child that has just ended.
    return undefined;
  }
}

function list(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
