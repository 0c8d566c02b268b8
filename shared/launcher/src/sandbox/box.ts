import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Duplex, Readable } from 'node:stream';
import { guard, unguard } from '../watchdog.ts';
import { Bridge } from './bridge.ts';
import { noSandbox } from './errors.ts';
import { ISOLATION } from './isolation.ts';
import { kernelLimits } from './limits.ts';
import { HOME, mounts, type Place } from './mounts.ts';
import { systemTool } from './tools.ts';
import { NOBODY } from './user.ts';

/** Nothing of the person's who runs this. */
export const OWN_HOME = {
  HOME: '/tmp',
  TMPDIR: '/tmp',
  USER: 'nobody',
  LOGNAME: 'nobody',
  SHELL: '/bin/sh',
};

/** A sandbox in which our half waits for a program to start. */
export class Box {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Orders to the inside, and its reports. */
  readonly control: Duplex;
  readonly bridge: Bridge;

  private constructor(child: ChildProcess, pid: number, bridge: Bridge) {
    const { stdout, stderr, stdio } = child;
    if (!stdout || !stderr) throw new TypeError('a sandbox without its streams');
    guard(pid);
    this.child = child;
    this.pid = pid;
    this.stdout = stdout;
    this.stderr = stderr;
    this.control = stdio[3] as Duplex;
    this.bridge = bridge;
    this.control.on('error', () => {});
  }

  /** @throws LauncherError `NO_SANDBOX` */
  static async make(place: Place): Promise<Box> {
    const asRoot = process.getuid?.() === 0;
    const bwrap = systemTool('bwrap');
    const prlimit = systemTool('prlimit');
    if (bwrap === undefined || prlimit === undefined) throw noSandbox('a program of it is missing');
    const bridge = new Bridge(asRoot);
    const child = spawn(
      bwrap,
      [
        ISOLATION,
        mounts(place, bridge.dir),
        ['--', prlimit, ...kernelLimits(), '--'],
        [process.execPath, `${HOME}/inside.mjs`],
      ].flat(),
      {
        cwd: '/',
        env: OWN_HOME,
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
        ...(asRoot && { uid: NOBODY, gid: NOBODY }),
      },
    );
    if (child.pid !== undefined) return new Box(child, child.pid, bridge);
    const [cause] = (await once(child, 'error')) as [Error];
    bridge.close();
    throw noSandbox(cause.message);
  }

  /** Whether this process stays for it. */
  hold(held: boolean): void {
    const { child, stdout, stderr, control } = this;
    for (const part of [child, stdout, stderr, control] as { ref(): void; unref(): void }[]) {
      if (held) part.ref();
      else part.unref();
    }
  }

  /** To the inside: first the program to start, then signals for it. */
  order(message: object): void {
    this.control.write(`${JSON.stringify(message)}\n`);
  }

  kill(): void {
    try {
      process.kill(-this.pid, 'SIGKILL');
    } catch {
      // Nobody of the group is left.
    }
  }

  /** It is over, and another program may get its numbers. */
  release(): void {
    this.control.destroy();
    this.bridge.close();
    unguard(this.pid);
  }
}
