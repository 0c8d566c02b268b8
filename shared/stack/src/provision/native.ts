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
import { type Home, makeDir, serverPlace } from '../state.ts';
import type { ServerAddress } from '../types.ts';
import { discoverRecorded } from './recorded.ts';
import { launchServer, StartFailed } from './launch.ts';

const STOP_GRACE_MS = 8000;

/**
 * Starts the server on this machine, or finds it started by another command meanwhile.
 * Throws `ServerUnavailable`, `StateUnwritable`.
 */
export async function openNative(home: Home, server: ServerDefinition): Promise<ServerAddress> {
  const place = serverPlace(home, server.name);
  await makeDir(place.dir);
  return withLock(home, server.name, async () => {
    const running = await discoverRecorded(home, server, ['native']);
    if (running !== undefined) return running;
    const previous = await readRecord(home, server.name);
    const installation = await server.native.install({ home, place });
    await stopNative(home, server);
    home.progress(`starting ${server.name}`);
    const record = await startFresh(home, server, installation, previous).catch(
      async (error: unknown) => {
        // Half a server is nobody's: its helpers, or itself when it never answered.
        await stopNative(home, server);
        throw asStateError(place.dir, error);
      },
    );
    await writeRecord(home, record);
    return record.address;
  });
}

/** Ends every process of the server, recorded or orphaned. Resolves when their ports are free. */
export async function stopNative(home: Home, server: ServerDefinition): Promise<void> {
  const processes = await processesOf(home, server);
  await stopProcesses(processes, server.native.stopSignal, STOP_GRACE_MS);
  await forgetRecord(home, server.name);
}

/** Ends every process of the server as a crash does. What it was is remembered: it can come back. */
export async function killNative(home: Home, server: ServerDefinition): Promise<void> {
  await stopProcesses(await processesOf(home, server), 'SIGKILL', STOP_GRACE_MS);
}

/**
 * All live processes of the server, with their helpers: the recorded one, and those that a command
 * which was killed in the middle of a start never recorded.
 */
export async function processesOf(home: Home, server: ServerDefinition): Promise<ProcessId[]> {
  const record = await readRecord(home, server.name);
  const roots: ProcessId[] = [];
  if (record?.process !== undefined && (await isRunning(record.process)))
    roots.push(record.process);
  for (const dir of server.native.dataDirs({ home, place: serverPlace(home, server.name) })) {
    const found = await findByFolder(dir);
    roots.push(...found.filter(({ command }) => server.native.executables.test(command)));
  }
  return roots.length === 0 ? [] : withDescendants(roots);
}

async function startFresh(
  home: Home,
  server: ServerDefinition,
  installation: NativeInstallation,
  previous: ServerRecord | undefined,
): Promise<ServerRecord> {
  const wasPrepared = await installation.isPrepared();
  if (!wasPrepared) await prepareAnew(installation);
  try {
    return await startOnFreePorts(home, server, installation, previous);
  } catch (error) {
    if (!(error instanceof StartFailed)) throw error;
    if (!wasPrepared || error.kind !== 'exited') throw broken(server, home, error);
    // The data is for tests and can be made again: a server that dies over it gets new data.
    home.progress(
      `${server.name} could not start from its data (${error.message}); making it anew`,
    );
    await prepareAnew(installation);
    return await startOnFreePorts(home, server, installation, undefined).catch((again: unknown) => {
      throw again instanceof StartFailed ? broken(server, home, again) : again;
    });
  }
}

async function startOnFreePorts(
  home: Home,
  server: ServerDefinition,
  installation: NativeInstallation,
  previous: ServerRecord | undefined,
): Promise<ServerRecord> {
  const preferred = previous === undefined ? [] : portsOf(previous.address);
  for (let attempt = 1; ; attempt += 1) {
    const ports = await freePorts(server.native.ports, attempt === 1 ? preferred : []);
    try {
      return await launchServer(home, server, installation, ports);
    } catch (error) {
      // Somebody took the port between our look and the server's bind.
      if (!(error instanceof StartFailed) || error.kind !== 'port-taken' || attempt === 3)
        throw error;
    }
  }
}

async function prepareAnew(installation: NativeInstallation): Promise<void> {
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

function broken(server: ServerDefinition, home: Home, error: StartFailed): StackError {
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
    `read ${serverPlace(home, server.name).log}`,
    error,
  );
}

/** Of URLs, or of `host:port` as Kafka's address is; in the order of `NativeServer.ports`. */
function portsOf({ url, management }: ServerAddress): number[] {
  return [url, management].flatMap((part) =>
    part === undefined ? [] : [Number(/:(\d+)(?:\/|$)/u.exec(part)?.[1] ?? 0)],
  );
}
