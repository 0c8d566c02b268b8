import { createHash } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { identify, isRunning } from './process.ts';

/**
 * Marks the names of everything that this process leases, e.g. `1f3a_4711_9c0d11e2`: machine, process
 * number, start time. It shows a later process whether the owner still runs.
 */
export async function ownerTag(): Promise<string> {
  const self = await identify(process.pid);
  return `${machine()}_${process.pid}_${digest(self?.start ?? '', 8)}`;
}

/** Matches an owner's tag in a name. */
export const OWNER_TAG = /[0-9a-f]{4}_\d+_[0-9a-f]{8}/u;

/**
 * Whether the owner in this name has certainly ended. An owner on another machine counts as alive,
 * unless `exclusive` says that only this machine uses the server.
 */
export async function isOrphan(name: string, exclusive: boolean): Promise<boolean> {
  const [host, pid, start] = OWNER_TAG.exec(name)?.[0].split('_') ?? [];
  if (pid === undefined) return false;
  if (host !== machine()) return exclusive;
  const now = await identify(Number(pid));
  return now === undefined || digest(now.start, 8) !== start || !(await isRunning(now));
}

/** Lower-case hex, `length` digits. */
export function digest(text: string, length: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, length);
}

/** Process numbers are only comparable within one machine and one container. */
function machine(): string {
  let namespace = '';
  try {
    namespace = readlinkSync('/proc/self/ns/pid');
  } catch {
    // Not Linux: the host's name is enough.
  }
  return digest(hostname() + namespace, 4);
}
