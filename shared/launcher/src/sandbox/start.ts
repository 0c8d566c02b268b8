import { delimiter, dirname } from 'node:path';
import { text } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';
import type { Readable } from 'node:stream';
import type { Exit, ProcessSpec, StartedProcess } from '../start-process.ts';
import { Box, OWN_HOME } from './box.ts';
import { noSandbox } from './errors.ts';
import { LIMITS } from './limits.ts';
import { HOME, type Place, type Sandbox } from './mounts.ts';
import { namedPorts } from './named-ports.ts';
import { onReport, type Report } from './report.ts';
import { makeSpare, takeSpare } from './spares.ts';
import { giveAway } from './user.ts';

/**
 * Starts a program in a sandbox of its own: bubblewrap with user, PID, network, IPC and UTS namespaces.
 * It reaches the ports that its environment and arguments name, and nothing else.
 *
 * @throws LauncherError `NO_SANDBOX`: before any of the program's code has run.
 */
export async function startInSandbox(spec: ProcessSpec, sandbox: Sandbox): Promise<StartedProcess> {
  const { cwd, env } = spec;
  if (process.getuid?.() === 0) giveAway(cwd);
  const place = { ...sandbox, cwd, cache: env['NODE_COMPILE_CACHE'] };
  const boxed = (await startInSpare(spec, place)) ?? (await startIn(await Box.make(place), spec));
  makeSpare(place);
  return boxed;
}

/** @returns undefined when there is none, or it does not work any more. */
async function startInSpare(spec: ProcessSpec, place: Place): Promise<Boxed | undefined> {
  const spare = takeSpare(place);
  return spare && (await startIn(spare, spec).catch(() => undefined));
}

async function startIn(box: Box, spec: ProcessSpec): Promise<Boxed> {
  const { file, args } = spec.command;
  const ports = namedPorts(spec.env, spec.given);
  const env = { ...spec.env, ...OWN_HOME, PATH: seenPath(spec) };
  const boxed = new Boxed(box);
  await box.bridge.open(ports);
  box.order({ file, args, env, sockets: `${HOME}/sockets`, ...ports });
  const failed = await Promise.race([boxed.ready, boxed.ended]);
  if (!failed) return boxed;
  boxed.stdout.resume();
  const said = (await text(boxed.stderr)).trim().split('\n')[0];
  boxed.release();
  throw noSandbox(said || describe(failed));
}

function describe({ code, signal }: Exit): string {
  return signal ?? `bubblewrap ended with code ${code}`;
}

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
  readonly #box: Box;
  readonly #life: NodeJS.Timeout;
  #silence: NodeJS.Timeout | undefined;
  #onReady: (() => void) | undefined;
  #released = false;
  #over = false;
  #printed = 0;

  constructor(box: Box) {
    const { child, pid, stdout, stderr, control } = box;
    this.#box = box;
    this.pid = pid;
    this.stdout = stdout;
    this.stderr = stderr;
    // Not the child's own `close`: that also waits for the control channel, which we hold.
    this.closed = Promise.all([stdout, stderr].map((stream) => finished(stream).catch(() => {})));
    const { promise, resolve } = Promise.withResolvers<Exit>();
    this.ended = promise;
    child.once('exit', (code, signal) => resolve({ code, signal }));
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
    if (!this.#released) this.#box.order({ signal });
  }

  kill(): void {
    if (!this.#released) this.#box.kill();
  }

  release(): void {
    this.#released = true;
    clearTimeout(this.#life);
    clearTimeout(this.#silence);
    this.#box.release();
  }

  #hear({ ready, up, exit, refused, use, disk }: Report, resolve: (exit: Exit) => void): void {
    this.#listen();
    if (ready) this.#onReady?.();
    if (up) this.#box.bridge.show(up);
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
