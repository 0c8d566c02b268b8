import { rename, rm, stat } from 'node:fs/promises';
import { asStateError, reason, ServerUnavailable, type StackError } from '../errors.ts';
import { withLock } from '../lock.ts';
import { freePorts } from '../ports.ts';
import {
  findByFolder,
  isRunning,
  type ProcessId,
  stopProcesses,
  withDescendants,
} from '../process.ts';
import { forgetRecord, readRecord, type ServerRecord, writeRecord } from '../record.ts';
import type { NativeInstallation, ServerDefinition } from '../servers/definition.ts';
import { type StackContext, makeDir, serverFiles } from '../state.ts';
import type { ServerAddress } from '../types.ts';
import { findRecorded } from './recorded.ts';
import { launchServer, StartFailed } from './launch.ts';

const STOP_GRACE_MS = 8000;

/**
 * Starts the server on this machine, unless another command has started it meanwhile.
 * Throws `ServerUnavailable`, `StateUnwritable`.
 */
export async function openNative(
  context: StackContext,
  server: ServerDefinition,
): Promise<ServerAddress> {
  const files = serverFiles(context, server.name);
  await makeDir(files.dir);
  return withLock(context, server.name, async () => {
    const running = await findRecorded(context, server, ['native']);
    if (running !== undefined) return running;
    const previous = await readRecord(context, server.name);
    const installation = await server.native.install(context, files);
    await stopNative(context, server);
    context.progress(`starting ${server.name}`);
    const record = await startFresh(context, server, installation, previous).catch(
      async (error: unknown) => {
        // End what is left of a failed start: the helpers, or a server that never answered.
        await stopNative(context, server);
        throw asStateError(files.dir, error);
      },
    );
    await writeRecord(context, record);
    return record.address;
  });
}

/** Ends every process of the server, recorded or orphaned. Resolves when their ports are free. */
export async function stopNative(context: StackContext, server: ServerDefinition): Promise<void> {
  const record = await readRecord(context, server.name);
  // A server that no longer answers has nothing that could be put away.
  if (record?.process !== undefined)
    await server.native.beforeStop?.(record.address).catch(() => {});
  const processes = await processesOf(context, server);
  await stopProcesses(processes, server.native.stopSignal, STOP_GRACE_MS);
  await forgetRecord(context, server.name);
}

/** Ends every process of the server as a crash does. The record stays, so that it can be restarted. */
export async function killNative(context: StackContext, server: ServerDefinition): Promise<void> {
  await stopProcesses(await processesOf(context, server), 'SIGKILL', STOP_GRACE_MS);
}

/**
 * All live processes of the server, with their helpers: the recorded one, and those that were never
 * recorded because the command that started them was killed.
 */
export async function processesOf(
  context: StackContext,
  server: ServerDefinition,
): Promise<ProcessId[]> {
  const record = await readRecord(context, server.name);
  const roots: ProcessId[] = [];
  if (record?.process !== undefined && (await isRunning(record.process)))
    roots.push(record.process);
  for (const dir of server.native.dataDirs(context, serverFiles(context, server.name))) {
    const found = await findByFolder(dir);
    roots.push(...found.filter(({ command }) => server.native.executables.test(command)));
  }
  return roots.length === 0 ? [] : withDescendants(roots);
}

async function startFresh(
  context: StackContext,
  server: ServerDefinition,
  installation: NativeInstallation,
  previous: ServerRecord | undefined,
): Promise<ServerRecord> {
  const wasPrepared = await installation.isPrepared();
  if (!wasPrepared) await replaceData(installation);
  try {
    return await startOnFreePorts(context, server, installation, previous);
  } catch (error) {
    if (!(error instanceof StartFailed)) throw error;
    if (!wasPrepared || error.kind !== 'exited') throw broken(server, context, error);
    // The data is for tests and can be created again.
    context.progress(
      `${server.name} could not start from its data (${error.message}); starting with new data`,
    );
    await replaceData(installation);
    return await startOnFreePorts(context, server, installation, undefined).catch(
      (again: unknown) => {
        throw again instanceof StartFailed ? broken(server, context, again) : again;
      },
    );
  }
}

async function startOnFreePorts(
  context: StackContext,
  server: ServerDefinition,
  installation: NativeInstallation,
  previous: ServerRecord | undefined,
): Promise<ServerRecord> {
  const preferred = previous === undefined ? [] : portsOf(previous.address);
  for (let attempt = 1; ; attempt += 1) {
    const ports = await freePorts(server.native.ports, attempt === 1 ? preferred : []);
    try {
      return await launchServer(context, server, installation, ports);
    } catch (error) {
      // Another program took the port after we had found it free.
      if (!(error instanceof StartFailed) || error.kind !== 'port-taken' || attempt === 3)
        throw error;
    }
  }
}

async function replaceData(installation: NativeInstallation): Promise<void> {
  const { dataDir } = installation;
  const aside = `${dataDir}.old`;
  if (await exists(dataDir)) {
    await rm(aside, { recursive: true, force: true });
    await rename(dataDir, aside);
  }
  await installation.prepare();
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function broken(server: ServerDefinition, context: StackContext, error: StartFailed): StackError {
  if (error.kind === 'disk-full') {
    return new ServerUnavailable(
      'SERVER_BROKEN',
      server.name,
      `${server.name} could not start: the disk is full`,
      'free some space, or set LABS_STATE to a folder on another disk',
      error,
    );
  }
  return new ServerUnavailable(
    'SERVER_BROKEN',
    server.name,
    `${server.name} could not start: ${reason(error)}`,
    `read ${serverFiles(context, server.name).log}`,
    error,
  );
}

/** Of URLs, or of `host:port` as Kafka's address is; in the order of `NativeServer.ports`. */
function portsOf({ url, management }: ServerAddress): number[] {
  return [url, management].flatMap((part) =>
    part === undefined ? [] : [Number(/:(\d+)(?:\/|$)/u.exec(part)?.[1] ?? 0)],
  );
}
