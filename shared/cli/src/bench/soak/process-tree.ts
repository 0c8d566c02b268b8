import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readlinkSync } from 'node:fs';

export interface Tree {
  /** The process and everything below it. */
  readonly pids: readonly number[];
  /** Memory of those that are not a learner's programs, in MB. */
  readonly megabytes: number;
  /** What they are and what each has, for a person: "24 MB node main.ts watch". */
  readonly parts: readonly string[];
}

export interface TreeOptions {
  /** Processes that are left out, with all below them: servers live on by design. */
  readonly except: ReadonlySet<number>;
  /** The folder that a learner's programs run in. */
  readonly copy: string;
}

/** A process and its descendants, as `ps` sees them now. */
export function processTree(root: number, { except, copy }: TreeOptions): Tree {
  const all = execFileSync('ps', ['-axo', 'pid=,ppid=,rss='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/u).map(Number));
  const below = Map.groupBy(all, ([, parent]) => parent);
  const pids: number[] = [];
  const parts: string[] = [];
  let kilobytes = 0;
  const open = all.filter(([pid]) => pid === root);
  for (let row = open.pop(); row; row = open.pop()) {
    const [pid = 0, , resident = 0] = row;
    if (except.has(pid)) continue;
    pids.push(pid);
    if (!runsIn(copy, pid)) {
      const own = proportional(pid) ?? resident;
      kilobytes += own;
      parts.push(`${Math.round(own / 1000)} MB ${commandOf(pid)}`);
    }
    open.push(...(below.get(pid) ?? []));
  }
  return { pids, megabytes: kilobytes / 1000, parts };
}

/**
 * In kB, where a page that several processes share counts in parts: the program itself is most of what
 * is resident of a small one. See `Pss` in proc_pid_smaps(5). Undefined where there is no /proc.
 */
function proportional(pid: number): number | undefined {
  try {
    const said = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    return Number(/^Pss:\s+(\d+)/mu.exec(said)?.[1] ?? 0);
  } catch {
    // It has ended since `ps` saw it.
    return existsSync('/proc/self/smaps_rollup') ? 0 : undefined;
  }
}

/** Cut to what tells programs apart. */
function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      .replace(/[^\0]*\//gu, '')
      .replaceAll('\0', ' ')
      .slice(0, 60)
      .trim();
  } catch {
    return `process ${pid}`;
  }
}

function runsIn(folder: string, pid: number): boolean {
  try {
    return readlinkSync(`/proc/${pid}/cwd`).startsWith(folder);
  } catch {
    return false;
  }
}

/** The command lines of those of these processes that still run. One that waits to be reaped does not. */
export function processesOf(pids: readonly number[]): string[] {
  const all = execFileSync('ps', ['-axo', 'pid=,stat=,args='], { encoding: 'utf8' }).split('\n');
  return all.flatMap((line) => {
    const [pid, stat = '', ...words] = line.trim().split(/\s+/u);
    return pids.includes(Number(pid)) && !stat.startsWith('Z')
      ? [words.join(' ').slice(0, 120)]
      : [];
  });
}
