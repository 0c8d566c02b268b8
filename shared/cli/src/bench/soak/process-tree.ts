import { execFileSync } from 'node:child_process';

export interface Tree {
  /** The process and everything below it. */
  readonly pids: readonly number[];
  /** Resident memory of all of them, in MB. */
  readonly megabytes: number;
}

/**
 * A process and its descendants, as `ps` sees them now.
 *
 * @param except processes that are left out, with all below them: servers live on by design.
 */
export function processTree(root: number, except: ReadonlySet<number>): Tree {
  const all = execFileSync('ps', ['-axo', 'pid=,ppid=,rss='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/u).map(Number));
  const below = Map.groupBy(all, ([, parent]) => parent);
  const pids: number[] = [];
  let kilobytes = 0;
  const open = all.filter(([pid]) => pid === root);
  for (let row = open.pop(); row; row = open.pop()) {
    const [pid = 0, , resident = 0] = row;
    if (except.has(pid)) continue;
    pids.push(pid);
    kilobytes += resident;
    open.push(...(below.get(pid) ?? []));
  }
  return { pids, megabytes: kilobytes / 1000 };
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
