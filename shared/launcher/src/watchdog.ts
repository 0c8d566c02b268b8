import { type ChildProcess, spawn } from 'node:child_process';

/**
 * Reads `+ <group>` and `- <group>` from stdin, which ends when this process does, however it does:
 * even `kill -9` closes a pipe. What is still on the list then is killed. Its own session keeps it
 * out of reach of the Ctrl-C or the closed terminal that ends us.
 */
const SCRIPT = `
trap '' INT TERM HUP
groups=
while read -r sign group; do
  kept=
  for known in $groups; do [ "$known" = "$group" ] || kept="$kept $known"; done
  groups=$kept
  [ "$sign" = + ] && groups="$groups $group"
done
for group in $groups; do kill -9 -"$group" 2>/dev/null; done
`;

const guarded = new Set<number>();
let watchdog: ChildProcess | undefined;

/** From now on the process group `pid` does not outlive this process. */
export function guard(pid: number): void {
  guarded.add(pid);
  if (watchdog) {
    watchdog.stdin?.write(`+ ${pid}\n`);
    return;
  }
  watchdog = start();
  // One that was killed had others on its list.
  for (const each of guarded) watchdog.stdin?.write(`+ ${each}\n`);
}

/** The group has ended: its number may soon be another program's. */
export function unguard(pid: number): void {
  guarded.delete(pid);
  watchdog?.stdin?.write(`- ${pid}\n`);
}

function start(): ChildProcess {
  const child = spawn('sh', ['-c', SCRIPT], {
    detached: true,
    // It needs none of our environment, where administrators' URLs are.
    env: { PATH: process.env['PATH'] },
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.unref();
  // A pipe that breaks means that somebody killed the watchdog; the next program gets a new one.
  child.stdin.on('error', () => {});
  child.once('exit', () => {
    if (watchdog === child) watchdog = undefined;
  });
  return child;
}
