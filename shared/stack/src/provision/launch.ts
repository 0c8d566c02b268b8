import { spawn } from 'node:child_process';
import { open, stat, truncate } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { asStateError, isUnprotected, reason } from '../errors.ts';
import { exposedBy } from '../listening.ts';
import { identify, isRunning, type ProcessId, stopProcesses } from '../process.ts';
import type { ServerRecord } from '../record.ts';
import type {
  Command,
  Launch,
  NativeInstallation,
  ServerDefinition,
} from '../servers/definition.ts';
import { type StackContext, readTail, serverFiles } from '../state.ts';

const LOG_LIMIT = 5_000_000;
const CHECK_MS = 2000;

/** Why one attempt to start failed; the message is the last line that the server wrote. */
export class StartFailed extends Error {
  override readonly name = 'StartFailed';
  readonly kind: 'exited' | 'silent' | 'exposed' | 'port-taken' | 'disk-full';
  /** What the server wrote, as far as it was read. */
  readonly output: string;

  constructor(kind: StartFailed['kind'], message: string, cause?: unknown, output = '') {
    super(message, { cause });
    this.kind = kind;
    this.output = output;
  }
}

/**
 * Runs the server detached, appends its output to its log, and waits until it answers. It is asked
 * what it listens on before it is asked anything else.
 * Throws `StartFailed`; then a server that did not answer in time, that other machines could reach, or
 * that asks for no login has been ended.
 */
export async function launchServer(
  context: StackContext,
  server: ServerDefinition,
  installation: NativeInstallation,
  ports: readonly number[],
): Promise<ServerRecord> {
  const launch = await installation.launch(ports);
  const log = serverFiles(context, server.name).log;
  const from = await startOfLog(log);
  const tail = () => readTail(log, from, 8192);
  const helper = launch.helper && (await spawnDetached(launch.helper, log, tail));
  const process = await spawnDetached(launch, log, tail);
  const all = [process, ...(helper === undefined ? [] : [helper])] as const;
  const version = await answering(server, launch, all, tail);
  return {
    address: {
      name: server.name,
      provision: 'native',
      url: launch.url,
      ...(launch.management === undefined ? {} : { management: launch.management }),
      version: version ?? installation.version ?? 'unknown',
    },
    process,
    dataDir: installation.dataDir,
  };
}

async function spawnDetached(
  command: Command,
  log: string,
  tail: () => Promise<string>,
): Promise<ProcessId> {
  const output = await open(log, 'a').catch((error: unknown) => {
    throw asStateError(log, error);
  });
  try {
    const { argv0, cwd, uid, gid } = command;
    const child = spawn(command.file, command.args, {
      ...defined({ argv0, cwd, uid, gid }),
      detached: true,
      stdio: ['ignore', output.fd, output.fd],
      env: { ...inherited(), ...command.env },
    });
    await new Promise<void>((done, fail) => {
      child.once('spawn', done);
      child.once('error', (error) => fail(new StartFailed('exited', reason(error), error)));
    });
    child.unref();
    return await identified(child.pid, tail);
  } finally {
    await output.close();
  }
}

/**
 * Identity of a process that was just started.
 *
 * @param tail what it wrote. @throws StartFailed with that when it has ended already.
 */
export async function identified(
  pid: number | undefined,
  tail: () => Promise<string>,
): Promise<ProcessId> {
  const id = pid === undefined ? undefined : await identify(pid);
  if (id === undefined) throw startFailure(await tail());
  return id;
}

/** Without the undefined members: `spawn`'s types accept a missing member, but not undefined. */
function defined<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const kept = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(kept) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

/** The variables that a server may need. A learner's PGDATA or RABBITMQ_… must not reach it. */
function inherited(): Record<string, string> {
  const names = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TMPDIR', 'TZ', 'JAVA_HOME', 'USER'];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

async function answering(
  server: ServerDefinition,
  launch: Launch,
  all: readonly [ProcessId, ...ProcessId[]],
  tail: () => Promise<string>,
): Promise<string | undefined> {
  const deadline = performance.now() + server.native.startMs;
  for (;;) {
    const ended = !(await isRunning(all[0]));
    if (ended) throw startFailure(await tail());
    await endExposed(all);
    try {
      const version = await server.check(launch, CHECK_MS);
      await endExposed(all);
      return version;
    } catch (error) {
      if (error instanceof StartFailed) throw error;
      if (isUnprotected(error)) {
        await stopProcesses(all, 'SIGKILL', 1000);
        throw new StartFailed('exposed', `it answered without a login: ${reason(error)}`, error);
      }
      if (performance.now() > deadline) {
        await stopProcesses(all, 'SIGKILL', 1000);
        const seconds = server.native.startMs / 1000;
        throw new StartFailed('silent', `no answer within ${seconds} s: ${reason(error)}`, error);
      }
    }
    await sleep(25);
  }
}

async function endExposed(all: readonly ProcessId[]): Promise<void> {
  const [address] = await exposedBy(all);
  if (address === undefined) return;
  await stopProcesses(all, 'SIGKILL', 1000);
  throw new StartFailed('exposed', `it listened on ${address}, where other machines reach it`);
}

/** Why a server ended, from what it wrote. */
export function startFailure(tail: string): StartFailed {
  const lines = tail.split('\n').filter((line) => line.trim() !== '');
  const cause = lines.findLast((line) => /error|fatal|panic|exception|cannot|failed/iu.test(line));
  const message = (cause ?? lines.at(-1) ?? 'it ended without any output').trim();
  // A full /dev/shm is no full disk.
  if (/no space left on device|disk quota/iu.test(tail) && !/shared memory/iu.test(tail))
    return new StartFailed('disk-full', message, undefined, tail);
  if (/address (already )?in use|eaddrinuse/iu.test(tail))
    return new StartFailed('port-taken', message, undefined, tail);
  return new StartFailed('exited', message, undefined, tail);
}

/** Offset at which this start's output begins. Empties a log above 5 MB first. */
async function startOfLog(log: string): Promise<number> {
  const size = await stat(log).then(
    (found) => found.size,
    () => 0,
  );
  if (size <= LOG_LIMIT) return size;
  await truncate(log);
  return 0;
}
