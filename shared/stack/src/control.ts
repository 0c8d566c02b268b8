import { stat } from 'node:fs/promises';
import { reason, ServerUnavailable } from './errors.ts';
import { withLock } from './lock.ts';
import { openStack, type OpenedStack } from './open.ts';
import {
  composeLogs,
  engineAnswers,
  findCompose,
  stopCompose,
  stopSpareService,
} from './provision/compose.ts';
import { processesOf, stopNative } from './provision/native.ts';
import { openUrl, redact } from './provision/url.ts';
import { isRunning, residentBytes } from './process.ts';
import { readRecord, type ServerRecord } from './record.ts';
import type { ServerDefinition } from './servers/definition.ts';
import { definition, SERVER_NAMES } from './servers/index.ts';
import { spareHome } from './spare.ts';
import { type Home, readTail, resolveHome, serverPlace } from './state.ts';
import type { ServerName, ServerStatus, StackOptions } from './types.ts';

const PROBE_MS = 2000;

/** Finds or starts the servers, all of them by default. See `openStack`. */
export async function stackUp(
  options: StackOptions = {},
  names: readonly ServerName[] = SERVER_NAMES,
): Promise<OpenedStack> {
  return openStack(names, options);
}

/**
 * Ends the servers that this checkout started, natively or with compose; those that a variable
 * names are left alone. Resolves when their processes are gone and their ports free.
 */
export async function stackDown(
  options: StackOptions = {},
  names?: readonly ServerName[],
): Promise<void> {
  const home = resolveHome(options);
  const wanted = names ?? SERVER_NAMES;
  const records = await Promise.all(wanted.map((name) => readRecord(home, name)));
  const composed = wanted.filter((_, index) => records[index]?.address.provision === 'compose');
  await Promise.all(
    wanted.map(async (name) => {
      const server = await definition(name);
      await withLock(home, name, () => stopNative(home, server));
    }),
  );
  if (composed.length > 0 && (await engineAnswers(home))) {
    await stopCompose(home, names === undefined ? undefined : composed);
  }
  await spareDown(spareHome(home), wanted);
}

/** A spare goes with the server that it stands beside. */
async function spareDown(home: Home, names: readonly ServerName[]): Promise<void> {
  for (const name of names) {
    const record = await readRecord(home, name);
    if (record === undefined) continue;
    if (record.process === undefined) await stopSpareService(home, name);
    else await withLock(home, name, async () => stopNative(home, await definition(name)));
  }
}

/** Looks at each server, starting nothing. */
export async function stackStatus(options: StackOptions = {}): Promise<ServerStatus[]> {
  const home = resolveHome(options);
  return Promise.all(SERVER_NAMES.map((name) => statusOf(home, name)));
}

/** The last lines of a server's log; empty when it never ran. */
export async function stackLogs(
  name: ServerName,
  options: StackOptions = {},
  lines = 200,
): Promise<string> {
  const home = resolveHome(options);
  const record = await readRecord(home, name);
  if (record?.address.provision === 'compose') return composeLogs(home, name, lines);
  const tail = await readTail(serverPlace(home, name).log, 0, lines * 400);
  return tail
    .split('\n')
    .slice(-lines - 1)
    .join('\n');
}

async function statusOf(home: Home, name: ServerName): Promise<ServerStatus> {
  const server = await definition(name);
  try {
    const own = await openUrl(server);
    if (own !== undefined) return { name, state: 'up', ...shown(own) };
  } catch (error) {
    if (!(error instanceof ServerUnavailable)) throw error;
    const { message: trouble, fix } = error;
    return { name, state: 'broken', provision: 'url', trouble, fix };
  }
  const record = await readRecord(home, name);
  if (record !== undefined) return recordedStatus(home, server, record);
  const composed = await findCompose(home, server).catch(() => undefined);
  if (composed !== undefined) return { name, state: 'up', ...shown(composed) };
  return { name, state: 'down', ...(await logOf(home, name)) };
}

async function recordedStatus(
  home: Home,
  server: ServerDefinition,
  record: ServerRecord,
): Promise<ServerStatus> {
  const { name } = server;
  const native = record.process === undefined ? {} : await nativeStatus(home, server, record);
  const known = { name, ...shown(record.address), ...native };
  const fix = `npm run labs -- stack up ${name}`;
  if (record.process !== undefined && !(await isRunning(record.process))) {
    return { ...known, state: 'broken', trouble: 'its process ended by itself', fix };
  }
  try {
    await server.probe(record.address, PROBE_MS);
    return { ...known, state: 'up' };
  } catch (error) {
    return { ...known, state: 'broken', trouble: `it does not answer: ${reason(error)}`, fix };
  }
}

async function nativeStatus(
  home: Home,
  server: ServerDefinition,
  record: ServerRecord,
): Promise<Partial<ServerStatus>> {
  const bytes = residentBytes(await processesOf(home, server));
  return {
    ...(record.process === undefined ? {} : { pid: record.process.pid }),
    ...(await logOf(home, server.name)),
    ...(bytes > 0 ? { residentBytes: bytes } : {}),
  };
}

async function logOf(home: Home, name: ServerName): Promise<{ logFile?: string }> {
  const { log } = serverPlace(home, name);
  const found = await stat(log).catch(() => undefined);
  return found === undefined ? {} : { logFile: log };
}

function shown(address: ServerRecord['address']): Partial<ServerStatus> {
  const { provision, url, version } = address;
  return { provision, address: redact(url), version };
}
