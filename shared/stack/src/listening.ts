import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { promisify } from 'node:util';
import type { ProcessId } from './process.ts';

const run = promisify(execFile);

/**
 * The TCP addresses, such as `0.0.0.0:6379`, at which these processes can be reached from another
 * machine. Processes that are not ours to look at have none.
 */
export async function exposedBy(ids: readonly ProcessId[]): Promise<string[]> {
  if (process.platform === 'linux') return [...new Set(ids.flatMap(({ pid }) => exposed(pid)))];
  const pids = ids.map(({ pid }) => pid).join(',');
  const options = ['-nP', '-a', '-iTCP', '-sTCP:LISTEN', '-Fn', '-p', pids];
  // It fails when it finds none.
  const { stdout } = await run('lsof', options).catch(() => ({ stdout: '' }));
  const addresses = stdout.split('\n').flatMap((line) => /^n(.+)/u.exec(line)?.[1] ?? []);
  return addresses.filter((address) => !/^(?:127\.|\[::1\])/u.test(address));
}

/** proc(5): what a process has open, and the listening sockets of its network. */
function exposed(pid: number): string[] {
  const sockets = socketsOf(pid);
  if (sockets.size === 0) return [];
  return ['tcp', 'tcp6'].flatMap((table) =>
    linesOf(`/proc/${pid}/net/${table}`).flatMap((line) => {
      const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/u);
      const [address = '', port = ''] = local.split(':');
      if (state !== LISTENING || !sockets.has(inode) || isLoopback(address)) return [];
      return `${table === 'tcp' ? ipv4(address) : '[::]'}:${Number.parseInt(port, 16)}`;
    }),
  );
}

const LISTENING = '0A';

function socketsOf(pid: number): Set<string> {
  const folder = `/proc/${pid}/fd`;
  try {
    const targets = readdirSync(folder).map((fd) => targetOf(`${folder}/${fd}`));
    return new Set(targets.flatMap((target) => /^socket:\[(\d+)\]$/u.exec(target)?.[1] ?? []));
  } catch {
    // It has ended, or belongs to another user.
    return new Set();
  }
}

function targetOf(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    // Closed meanwhile.
    return '';
  }
}

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n').slice(1);
  } catch {
    return [];
  }
}

/** Words of 32 bits in the machine's byte order, which is little-endian on all of ours. */
function isLoopback(address: string): boolean {
  if (address.length === 8) return address.endsWith('7F');
  return address === '00000000000000000000000001000000' || /^0{16}FFFF0000\w{6}7F$/u.test(address);
}

function ipv4(address: string): string {
  const bytes = address.match(/../gu) ?? [];
  return bytes
    .toReversed()
    .map((byte) => Number.parseInt(byte, 16))
    .join('.');
}
