import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { delimiter, dirname } from 'node:path';
import { text } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';
import type { Duplex, Readable } from 'node:stream';
import { LauncherError } from '../errors.ts';
import type { Exit, ProcessSpec, StartedProcess } from '../start-process.ts';
import { guard, unguard } from '../watchdog.ts';
import { Bridge } from './bridge.ts';
import { ISOLATION } from './isolation.ts';
import { kernelLimits, LIMITS } from './limits.ts';
import { HOME, mounts, type Sandbox } from './mounts.ts';
import { namedPorts } from './named-ports.ts';
import { onReport, type Report } from './report.ts';
import { systemTool } from './tools.ts';
import { giveAway, NOBODY } from './user.ts';

/**
 * Starts a program in a sandbox of its own: bubblewrap with user, PID, network, IPC and UTS namespaces.
 * It reaches the ports that its environment and arguments name, and nothing else.
 *
 * @throws LauncherError `NO_SANDBOX`: before any of the program's code has run.
 */
export async function startInSandbox(spec: ProcessSpec, sandbox: Sandbox): Promise<StartedProcess> {
  const asRoot = process.getuid?.() === 0;
  if (asRoot) giveAway(spec.cwd);
  const { file, args } = spec.command;
  const ports = namedPorts(spec.env, spec.given);
  const config = { file, args, sockets: `${HOME}/sockets`, ...ports };
  const bwrap = systemTool('bwrap');
  const prlimit = systemTool('prlimit');
  if (bwrap === undefined || prlimit === undefined) throw noSandbox('a program of it is missing');
  const bridge = await Bridge.open(ports, asRoot);
  const child = spawn(
    bwrap,
    [
      ISOLATION,
      mounts(spec, sandbox, bridge.dir),
      ['--', prlimit, ...kernelLimits(), '--'],
      [process.execPath, `${HOME}/inside.mjs`, JSON.stringify(config)],
    ].flat(),
    {
      cwd: '/',
      env: { ...spec.env, ...OWN_HOME, PATH: seenPath(spec) },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      ...(asRoot && { uid: NOBODY, gid: NOBODY }),
    },
  );
  const { pid, stdout, stderr } = child;
  const control = child.stdio[3] as Duplex;
  if (pid === undefined || !stdout || !stderr) {
    const [cause] = (await once(child, 'error')) as [Error];
    bridge.close();
    throw noSandbox(cause.message);
  }
  const boxed = new Boxed(child, pid, stdout, stderr, control, bridge);
  const failed = await Promise.race([boxed.ready, boxed.ended]);
  if (!failed) return boxed;
  stdout.resume();
  const said = (await text(stderr)).trim().split('\n')[0];
  boxed.release();
  throw noSandbox(said || describe(failed));
}

/** None of the program's code has run: it is not at fault. */
function noSandbox(why: string): LauncherError {
  const fix = 'Run `labs doctor`, and see what the README says about the sandbox';
  return new LauncherError('NO_SANDBOX', `The sandbox could not be started: ${why}.`, fix);
}

function describe({ code, signal }: Exit): string {
  return signal ?? `bubblewrap ended with code ${code}`;
}

/** Nothing of the person's who runs this. */
const OWN_HOME = {
  HOME: '/tmp',
  TMPDIR: '/tmp',
  USER: 'nobody',
  LOGNAME: 'nobody',
  SHELL: '/bin/sh',
};

/** Of the search path, the folders that are there in the sandbox. */
function seenPath({ cwd, env: { PATH = '' } }: ProcessSpec): string {
  const seen = [cwd, dirname(process.execPath), '/usr', '/bin', '/sbin'];
  const folders = PATH.split(delimiter).filter((folder) =>
    seen.some((path) => folder === path || folder.startsWith(`${path}/`)),
  );
  return [...new Set(folders)].join(delimiter);
}

class Boxed implements StartedProcess {
  readonly pid: number;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly ended: Promise<Exit>;
  readonly closed: Promise<unknown>;
  /** Resolves when the program is about to start. */
  readonly ready: Promise<void>;
  readonly #control: Duplex;
  readonly #bridge: Bridge;
  readonly #life: NodeJS.Timeout;
  #silence: NodeJS.Timeout | undefined;
  #onReady: (() => void) | undefined;
  #released = false;
  #over = false;
  #printed = 0;

  constructor(
    child: ChildProcess,
    pid: number,
    stdout: Readable,
    stderr: Readable,
    control: Duplex,
    bridge: Bridge,
  ) {
    guard(pid);
    this.pid = pid;
    this.stdout = stdout;
    this.stderr = stderr;
    this.#control = control;
    this.#bridge = bridge;
    // Not the child's own `close`: that also waits for the control channel, which we hold.
    this.closed = Promise.all([stdout, stderr].map((stream) => finished(stream).catch(() => {})));
    const { promise, resolve } = Promise.withResolvers<Exit>();
    this.ended = promise;
    child.once('exit', (code, signal) => resolve({ code, signal }));
    control.on('error', () => {});
    onReport(control, (report) => this.#hear(report, resolve));
    this.ready = new Promise((ready) => {
      this.#onReady = () => {
        this.#onReady = undefined;
        // Not before: that starts the flow, and only now somebody is about to read it.
        for (const stream of [stdout, stderr]) {
          stream.on('data', (chunk: Buffer) => this.#count(chunk));
        }
        ready();
      };
    });
    this.#life = setTimeout(() => this.#end('it ran too long'), LIMITS.life * 1000).unref();
    this.#listen();
  }

  signal(signal: NodeJS.Signals): void {
    if (!this.#released) this.#control.write(`${JSON.stringify({ signal })}\n`);
  }

  kill(): void {
    if (this.#released) return;
    try {
      process.kill(-this.pid, 'SIGKILL');
    } catch {
      // Nobody of the group is left.
    }
  }

  release(): void {
    this.#released = true;
    clearTimeout(this.#life);
    clearTimeout(this.#silence);
    this.#control.destroy();
    this.#bridge.close();
    unguard(this.pid);
  }

  #hear({ ready, up, exit, refused, use, disk }: Report, resolve: (exit: Exit) => void): void {
    this.#listen();
    if (ready) this.#onReady?.();
    if (up) this.#bridge.show(up);
    if (use && use.bytes > LIMITS.memory) this.#end('it used too much memory');
    if (disk && (disk.bytes > LIMITS.disk || disk.files > LIMITS.diskFiles)) {
      this.#end('it wrote too much to its folder');
    }
    if (exit) resolve(exit);
    if (refused !== undefined) {
      this.stderr.unshift(`${refused}\n`);
      resolve({ code: 127, signal: null });
    }
  }

  /** The program may stop the reporter, but it cannot report in its place for long. */
  #listen(): void {
    clearTimeout(this.#silence);
    const late = () => this.#end('it stopped the sandbox');
    this.#silence = setTimeout(late, LIMITS.silence * 1000).unref();
  }

  #count(chunk: Buffer): void {
    this.#printed += chunk.length;
    if (this.#printed > LIMITS.output) this.#end('it printed too much');
  }

  #end(why: string): void {
    if (this.#released || this.#over) return;
    this.#over = true;
    this.stderr.unshift(Buffer.from(`The sandbox ended the program: ${why}.\n`));
    this.kill();
  }
}
