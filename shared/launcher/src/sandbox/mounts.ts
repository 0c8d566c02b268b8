import { existsSync, lstatSync, readlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { LIMITS } from './limits.ts';

/** Where the sandbox finds our program and the sockets that lead out. */
export const HOME = '/run/labs';

/** Of `/etc`: what the C library and OpenSSL read. */
const ETC = ['ld.so.cache', 'localtime', 'nsswitch.conf', 'ssl', 'ca-certificates', 'alternatives'];
const TOP = ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32'];

export interface Sandbox {
  /** Folders that the program may read beside its own: its packages. Absolute paths. */
  readonly readable: readonly string[];
}

/** What differs between the sandboxes of two programs before they start. Absolute paths. */
export interface Place extends Sandbox {
  /** The program's own folder. */
  readonly cwd: string;
  /** Code that Node has compiled. */
  readonly cache: string | undefined;
}

/**
 * What the program sees of the machine, as arguments of bubblewrap: the system's programs, Node, its
 * packages, its own folder. Only the last and `/tmp` can be written to.
 */
export function mounts({ cwd, readable, cache }: Place, sockets: string): string[] {
  const node = dirname(dirname(process.execPath));
  return [
    ['--ro-bind', '/usr', '/usr'],
    TOP.flatMap(topFolder),
    ETC.flatMap((name) => ['--ro-bind-try', `/etc/${name}`, `/etc/${name}`]),
    ['--proc', '/proc', '--dev', '/dev'],
    ['--size', String(LIMITS.tmp), '--tmpfs', '/tmp'],
    // Without a size it could take half of the machine's memory.
    ['--size', String(LIMITS.tmp), '--tmpfs', '/dev/shm', '--remount-ro', '/dev'],
    node === '/usr' ? [] : ['--ro-bind', node, node],
    readable.flatMap((path) => ['--ro-bind-try', path, path]),
    // Read only: what one candidate compiled must not run as another's code.
    cache === undefined ? [] : ['--ro-bind-try', cache, cache],
    ['--bind', cwd, cwd],
    // Read out here to start the program the next time.
    ['--ro-bind', join(cwd, 'package.json'), join(cwd, 'package.json')],
    ['--ro-bind', sockets, `${HOME}/sockets`],
    ['--ro-bind', join(import.meta.dirname, 'inside.mjs'), `${HOME}/inside.mjs`],
    ['--remount-ro', '/', '--chdir', cwd],
  ].flat();
}

/** `/bin` is a link to `usr/bin` on most systems, a folder on some. */
function topFolder(name: string): string[] {
  const path = `/${name}`;
  if (!existsSync(path)) return [];
  return lstatSync(path).isSymbolicLink()
    ? ['--symlink', readlinkSync(path), path]
    : ['--ro-bind', path, path];
}
