import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ISOLATION } from './isolation.ts';
import { systemTool } from './tools.ts';
import { NOBODY } from './user.ts';

/** What keeps a sandbox from this machine. One line each, without a full stop. */
export interface SandboxTrouble {
  readonly message: string;
  readonly fix: string;
}

const INSTALL = 'Run: apt-get install -y bubblewrap util-linux';

/** Tries a sandbox out; `undefined` when it works here. */
export async function sandboxTrouble(): Promise<SandboxTrouble | undefined> {
  if (process.platform !== 'linux') {
    return {
      message: 'A sandbox needs Linux, for bubblewrap',
      fix: 'Run it on a Linux machine or in a Linux container',
    };
  }
  const bwrap = systemTool('bwrap');
  const prlimit = systemTool('prlimit');
  if (bwrap === undefined) return { message: 'bubblewrap is not installed', fix: INSTALL };
  if (prlimit === undefined) return { message: 'util-linux is not installed', fix: INSTALL };
  const view = ['--ro-bind', '/', '/', '--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp'];
  const args = [...ISOLATION, ...view, '--', prlimit, '--nproc=64', '--', process.execPath, '-v'];
  try {
    await promisify(execFile)(bwrap, args, {
      cwd: '/',
      ...(process.getuid?.() === 0 && { uid: NOBODY, gid: NOBODY }),
    });
    return undefined;
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string };
    const why = stderr.trim().split('\n')[0] ?? String(error);
    return {
      message: `bubblewrap cannot make a sandbox here: ${why}`,
      fix: 'Allow unprivileged user namespaces, and keep the checkout where every user may read it',
    };
  }
}
