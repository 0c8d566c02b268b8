import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const LINUX = process.platform === 'linux';

/** A process, identified by its number and start time: a number may be used again later. */
export interface ProcessId {
  readonly pid: number;
  /** Opaque; equal only for the same process. */
  readonly start: string;
}

/** A process and how it was started. */
export interface FoundProcess extends ProcessId {
  readonly parent: number;
  /** The whole command line, for people: a space may be part of an argument. */
  readonly command: string;
  /** The name that it runs under, usually a path. Of a shell, the script that it runs. */
  readonly program: string;
}

/** Identity of a live process; undefined if no process has this number, or a zombie has it. */
export async function identify(pid: number): Promise<ProcessId | undefined> {
  if (LINUX) {
    const stat = readStat(pid);
    return stat === undefined ? undefined : { pid, start: stat.start };
  }
  try {
    const { stdout } = await run('ps', ['-o', 'lstart=', '-p', String(pid)]);
    const start = stdout.trim().replaceAll(/\s+/gu, '-');
    return start === '' ? undefined : { pid, start };
  } catch {
    return undefined;
  }
}

/** Whether this process still runs, and not another one with its number. */
export async function isRunning(id: ProcessId): Promise<boolean> {
  return (await identify(id.pid))?.start === id.start;
}

/**
 * Live processes with a folder, or a path in it, on their command line, and on Linux those whose
 * working directory it is, e.g. children of a killed server. This process is left out.
 */
export async function findByFolder(folder: string): Promise<FoundProcess[]> {
  const all = await listProcesses();
  return all.filter(
    (found) =>
      found.pid !== process.pid &&
      (found.command.includes(folder) || workingDir(found.pid).startsWith(folder)),
  );
}

/** The processes and all their descendants, e.g. the helpers that Erlang starts. */
export async function withDescendants(roots: readonly ProcessId[]): Promise<ProcessId[]> {
  const all = await listProcesses();
  const wanted = new Map(roots.map((root) => [root.pid, root]));
  for (let before = -1; before !== wanted.size;) {
    before = wanted.size;
    for (const found of all) if (wanted.has(found.parent)) wanted.set(found.pid, found);
  }
  return [...wanted.values()];
}

/** Sends `signal`, waits up to `graceMs`, then kills. Resolves when all have ended. */
export async function stopProcesses(
  ids: readonly ProcessId[],
  signal: NodeJS.Signals,
  graceMs: number,
): Promise<void> {
  const running = await onlyRunning(ids);
  for (const id of running) send(id.pid, signal);
  if (await gone(running, graceMs)) return;
  for (const id of await onlyRunning(running)) send(id.pid, 'SIGKILL');
  await gone(running, 5000);
}

/** Resident memory in bytes; shared pages are counted once. */
export function residentBytes(ids: readonly ProcessId[]): number {
  if (!LINUX) return 0;
  let sum = 0;
  for (const { pid } of ids) {
    const rollup = readProc(pid, 'smaps_rollup');
    sum += Number(/^Pss:\s+(\d+) kB/mu.exec(rollup ?? '')?.[1] ?? 0) * 1024;
  }
  return sum;
}

async function gone(ids: readonly ProcessId[], withinMs: number): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    if ((await onlyRunning(ids)).length === 0) return true;
    if (performance.now() > deadline) return false;
    await sleep(20);
  }
}

async function onlyRunning(ids: readonly ProcessId[]): Promise<ProcessId[]> {
  const states = await Promise.all(ids.map(isRunning));
  return ids.filter((_, index) => states[index]);
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended between the look and the signal.
  }
}

async function listProcesses(): Promise<FoundProcess[]> {
  if (LINUX) {
    const pids = readdirSync('/proc').filter((name) => /^\d+$/u.test(name));
    return pids.flatMap((name) => {
      const stat = readStat(Number(name));
      const words = readProc(Number(name), 'cmdline')?.split('\0') ?? [];
      const found = { command: words.join(' '), program: programOf(words) };
      return stat === undefined ? [] : [{ pid: Number(name), ...stat, ...found }];
    });
  }
  const options = { maxBuffer: 64 * 1024 * 1024 };
  const [{ stdout }, names] = await Promise.all([
    run('ps', ['-axww', '-o', 'pid=,ppid=,lstart=,command='], options),
    run('ps', ['-axww', '-o', 'pid=,comm='], options),
  ]);
  const programs = new Map(
    names.stdout.split('\n').map((line) => {
      const [, pid, name = ''] = /^\s*(\d+)\s+(.*)$/u.exec(line) ?? [];
      return [Number(pid), name];
    }),
  );
  return stdout.split('\n').flatMap((line) => {
    const parts = /^\s*(\d+)\s+(\d+)\s+(\S+\s+\S+\s+\S+\s+\S+\s+\S+)\s+(.*)$/u.exec(line);
    const [, pid, parent, since, command] = parts ?? [];
    if (since === undefined || command === undefined) return [];
    const start = since.replaceAll(/\s+/gu, '-');
    const program = programs.get(Number(pid)) ?? '';
    return [{ pid: Number(pid), parent: Number(parent), start, command, program }];
  });
}

/** Of a command line, word by word. A server's start script runs in a shell under its own name. */
function programOf([first = '', second = '']: readonly string[]): string {
  return /(?:^|\/)(?:ba|da)?sh$/u.test(first) ? second : first;
}

/** Fields of proc(5) `stat`. The command before them may itself contain spaces and brackets. */
function readStat(pid: number): { start: string; parent: number } | undefined {
  const text = readProc(pid, 'stat');
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, parent] = fields ?? [];
  const threads = Number(fields?.[17]);
  const start = fields?.[19];
  // The first thread of a killed server is a zombie while others still hold its ports.
  const ended = state === 'X' || (state === 'Z' && threads <= 1);
  if (state === undefined || ended || start === undefined) return undefined;
  return { start, parent: Number(parent) };
}

function readProc(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return undefined;
  }
}

function workingDir(pid: number): string {
  if (!LINUX) return '';
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '';
  }
}
