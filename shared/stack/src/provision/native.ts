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
import { type StackContext, makeDir, portsOf, serverFiles } from '../state.ts';
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
    roots.push(...found.filter(({ program }) => server.native.executables.test(program)));
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
  if (!wasPrepared) await replaceData(server, installation);
  try {
    return await startOnFreePorts(context, server, installation, previous);
  } catch (error) {
    if (!(error instanceof StartFailed)) throw error;
    // A server ends early for many reasons. Its data is sound unless it says otherwise.
    const isDamaged = wasPrepared && server.native.damaged?.test(error.output) === true;
    if (!isDamaged) throw broken(server, context, error);
    const aside = await replaceData(server, installation);
    context.progress(
      `${server.name} could not use its data (${error.message}); starting with new data, the old is in ${aside}`,
    );
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

/** Resolves with the folder where the old data is, if there was any. */
async function replaceData(
  server: ServerDefinition,
  installation: NativeInstallation,
): Promise<string> {
  const { dataDir } = installation;
  const aside = await asideOf(server, dataDir);
  if (await exists(dataDir)) {
    await rm(aside, { recursive: true, force: true });
    await rename(dataDir, aside);
  }
  await installation.prepare();
  return aside;
}

/** A folder for the old data. Data that a person may want is never written over. */
async function asideOf({ native }: ServerDefinition, dataDir: string): Promise<string> {
  const first = `${dataDir}.old`;
  if (native.damaged === undefined) return first;
  let aside = first;
  for (let number = 2; await exists(aside); number += 1) aside = `${first}-${number}`;
  return aside;
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
      'free some space, or choose a folder on another disk: `export LABS_STATE=/path/to/it`',
      error,
    );
  }
  return new ServerUnavailable(
    'SERVER_BROKEN',
    server.name,
    `${server.name} could not start: ${reason(error)}`,
    `run \`npm run labs -- stack logs ${server.name}\``,
    error,
  );
}
