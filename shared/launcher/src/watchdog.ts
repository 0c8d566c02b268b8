import { type ChildProcess, spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { basename } from 'node:path';

/**
 * Reads `+ <item>` and `- <item>` from stdin, which ends when this process does, however it does:
 * even `kill -9` closes a pipe. Process groups that are still on the list then are killed, and
 * folders in `$FOLDERS` are removed. Its own session keeps it out of reach of the Ctrl-C or the closed terminal
 * that ends us.
 */
const SCRIPT = `
trap '' INT TERM HUP
items=
while read -r sign item; do
  kept=
  for known in $items; do [ "$known" = "$item" ] || kept="$kept $known"; done
  items=$kept
  [ "$sign" = + ] && items="$items $item"
done
folders=
for item in $items; do
  case $item in
    labs-*) folders="$folders $item" ;;
    *) kill -9 -"$item" 2>/dev/null ;;
  esac
done
for folder in $folders; do rm -rf "$FOLDERS/$folder"; done
`;

const guarded = new Set<number | string>();
let watchdog: ChildProcess | undefined;

/** From now on the process group `pid` does not outlive this process. */
export function guard(pid: number): void {
  add(pid);
}

/** The group has ended: its number may soon be another program's. */
export function unguard(pid: number): void {
  remove(pid);
}

/** From now on a folder in `tmpdir()`, whose name begins with `labs-`, does not outlive this process. */
export function guardFolder(path: string): void {
  add(basename(path));
}

/** The folder has been removed. */
export function unguardFolder(path: string): void {
  remove(basename(path));
}

function add(item: number | string): void {
  guarded.add(item);
  if (watchdog) {
    watchdog.stdin?.write(`+ ${item}\n`);
    return;
  }
  watchdog = start();
  // One that was killed had others on its list.
  for (const each of guarded) watchdog.stdin?.write(`+ ${each}\n`);
}

function remove(item: number | string): void {
  guarded.delete(item);
  watchdog?.stdin?.write(`- ${item}\n`);
}

function start(): ChildProcess {
  const child = spawn('sh', ['-c', SCRIPT], {
    detached: true,
    // It needs none of our environment, where administrators' URLs are.
    env: { PATH: process.env['PATH'], FOLDERS: tmpdir() },
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
