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
import { definition, serverNames } from './servers/registry.ts';
import { spareContext } from './spare.ts';
import { type StackContext, readTail, resolveContext, serverFiles } from './state.ts';
import type { ServerName, ServerStatus, StackOptions } from './types.ts';

const CHECK_MS = 2000;

/** Finds or starts the servers, all of them by default. See `openStack`. */
export async function stackUp(
  options: StackOptions = {},
  names: readonly ServerName[] = serverNames(),
): Promise<OpenedStack> {
  return openStack(names, options);
}

/**
 * Ends the servers that this checkout started, natively or with compose. Servers that a variable
 * names go on. Resolves when the processes have ended and the ports are free.
 */
export async function stackDown(
  options: StackOptions = {},
  names?: readonly ServerName[],
): Promise<void> {
  const context = resolveContext(options);
  const wanted = names ?? serverNames();
  const records = await Promise.all(wanted.map((name) => readRecord(context, name)));
  const composed = wanted.filter((_, index) => records[index]?.address.provision === 'compose');
  await Promise.all(
    wanted.map(async (name) => {
      const server = await definition(name);
      await withLock(context, name, () => stopNative(context, server));
    }),
  );
  if (composed.length > 0 && (await engineAnswers(context))) {
    await stopCompose(context, names === undefined ? undefined : composed);
  }
  await spareDown(spareContext(context), wanted);
}

/** A spare server ends with the shared one. */
async function spareDown(context: StackContext, names: readonly ServerName[]): Promise<void> {
  for (const name of names) {
    const record = await readRecord(context, name);
    if (record === undefined) continue;
    if (record.process === undefined) await stopSpareService(context, name);
    else await withLock(context, name, async () => stopNative(context, await definition(name)));
  }
}

/** Checks each server of the registry. Starts nothing. */
export async function stackStatus(options: StackOptions = {}): Promise<ServerStatus[]> {
  const context = resolveContext(options);
  return Promise.all(serverNames().map((name) => statusOf(context, name)));
}

/** The last lines of a server's log; empty if it never ran. */
export async function stackLogs(
  name: ServerName,
  options: StackOptions = {},
  lines = 200,
): Promise<string> {
  const context = resolveContext(options);
  const record = await readRecord(context, name);
  const composed =
    record === undefined ? await engineAnswers(context) : record.address.provision === 'compose';
  // A service that did not start has no record.
  const said = composed ? await composeLogs(context, name, lines).catch(() => '') : '';
  if (said !== '') return said;
  const tail = await readTail(serverFiles(context, name).log, 0, lines * 400);
  return tail
    .split('\n')
    .slice(-lines - 1)
    .join('\n');
}

async function statusOf(context: StackContext, name: ServerName): Promise<ServerStatus> {
  const server = await definition(name);
  try {
    const own = await openUrl(server);
    if (own !== undefined) return { name, state: 'up', ...shown(own) };
  } catch (error) {
    if (!(error instanceof ServerUnavailable)) throw error;
    const { message: trouble, fix } = error;
    return { name, state: 'broken', provision: 'url', trouble, fix };
  }
  const record = await readRecord(context, name);
  if (record !== undefined) return recordedStatus(context, server, record);
  const composed = await findCompose(context, server).catch(() => undefined);
  if (composed !== undefined) return { name, state: 'up', ...shown(composed) };
  return { name, state: 'down', ...(await logOf(context, name)) };
}

async function recordedStatus(
  context: StackContext,
  server: ServerDefinition,
  record: ServerRecord,
): Promise<ServerStatus> {
  const { name } = server;
  const native = record.process === undefined ? {} : await nativeStatus(context, server, record);
  const known = { name, ...shown(record.address), ...native };
  const fix = `run \`npm run labs -- stack up ${name}\``;
  if (record.process !== undefined && !(await isRunning(record.process))) {
    return { ...known, state: 'broken', trouble: 'its process has ended', fix };
  }
  try {
    await server.check(record.address, CHECK_MS);
    return { ...known, state: 'up' };
  } catch (error) {
    return { ...known, state: 'broken', trouble: `it does not answer: ${reason(error)}`, fix };
  }
}

async function nativeStatus(
  context: StackContext,
  server: ServerDefinition,
  record: ServerRecord,
): Promise<Partial<ServerStatus>> {
  const bytes = residentBytes(await processesOf(context, server));
  return {
    ...(record.process === undefined ? {} : { pid: record.process.pid }),
    ...(await logOf(context, server.name)),
    ...(bytes > 0 ? { residentBytes: bytes } : {}),
  };
}

async function logOf(context: StackContext, name: ServerName): Promise<{ logFile?: string }> {
  const { log } = serverFiles(context, name);
  const found = await stat(log).catch(() => undefined);
  return found === undefined ? {} : { logFile: log };
}

function shown(address: ServerRecord['address']): Partial<ServerStatus> {
  const { provision, url, version } = address;
  return { provision, address: redact(url), version };
}
