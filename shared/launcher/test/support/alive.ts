import { readFileSync } from 'node:fs';

/** Whether a process with that number runs. A zombie does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    // No /proc on this system: the signal could be sent, so it is there.
    return process.platform !== 'linux';
  }
}
