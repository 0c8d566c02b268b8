import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { isUnprotected, reason, ServerTrouble, ServerUnavailable } from '../errors.ts';
import { withLock } from '../lock.ts';
import { freePorts } from '../ports.ts';
import { forgetRecord, readRecord, writeRecord } from '../record.ts';
import type { Endpoint, ServerDefinition } from '../servers/definition.ts';
import { checkoutId, portsOf, secretIn, type StackContext } from '../state.ts';
import type { ServerAddress, ServerName } from '../types.ts';
import { isRunningService, readService } from './compose-output.ts';

const run = promisify(execFile);

const ENGINE_MS = 2000;
const UP_MS = 10 * 60_000;
const CHECK_MS = 5000;
const READY_MS = 20_000;

/**
 * The server of this repository's compose file, started if it is not running. Undefined if no engine
 * answers, or the file has no such service. Throws `SERVER_BROKEN` if the server does not come up.
 */
export async function openCompose(
  context: StackContext,
  server: ServerDefinition,
): Promise<ServerAddress | undefined> {
  if (server.fromCompose === undefined || !(await engineAnswers(context))) return undefined;
  try {
    return await withLock(context, 'compose', () => startService(context, server));
  } catch (error) {
    if (error instanceof ServerUnavailable) throw error;
    throw new ServerUnavailable(
      'SERVER_BROKEN',
      server.name,
      `docker compose could not start ${server.name}: ${lastLine(error)}`,
      `run \`npm run labs -- stack logs ${server.name}\`, or set LABS_STACK=native to work without Docker`,
      error,
    );
  }
}

/** The service of the compose file, if it is running. Starts nothing. */
export async function findCompose(
  context: StackContext,
  server: ServerDefinition,
): Promise<ServerAddress | undefined> {
  if (server.fromCompose === undefined || !(await engineAnswers(context))) return undefined;
  const ps = await compose(context, ['ps', '--format', 'json', server.name]).catch(() => '');
  return isRunningService(ps, server.name) ? addressOf(context, server, ps) : undefined;
}

/** Stops and removes the services, without names all of them. Named volumes stay. */
export async function stopCompose(
  context: StackContext,
  names: readonly ServerName[] | undefined,
): Promise<void> {
  await compose(context, names === undefined ? ['down'] : ['rm', '--stop', '--force', ...names]);
}

/** The last lines of the service's log. */
export async function composeLogs(
  context: StackContext,
  name: ServerName,
  lines: number,
): Promise<string> {
  return compose(context, ['logs', '--no-color', '--tail', String(lines), name]);
}

const engines = new Map<string, Promise<boolean>>();

/** Keeps the containers and volumes of two folders of state apart, and spare servers from shared ones. */
const projectOf = (context: StackContext): string => `backend-labs-${checkoutId(context)}`;

/** A second container of this service. It keeps its ports over restarts. */
export async function openSpareService(
  context: StackContext,
  server: ServerDefinition,
): Promise<ServerAddress> {
  return withLock(context, 'compose', async () => {
    const { name } = server;
    const known = (await readRecord(context, name))?.address;
    if (known === undefined) context.progress(`starting a spare ${name} with docker compose`);
    const ports = known === undefined ? await freePorts(2) : portsOf(known);
    await upAt(context, name, ports);
    const ps = await compose(context, ['ps', '--format', 'json', name]);
    const address = await addressOf(context, server, ps);
    await writeRecord(context, { address });
    return address;
  });
}

export async function killService(context: StackContext, name: ServerName): Promise<void> {
  await compose(context, ['kill', '--signal', 'SIGKILL', name]);
}

/** Starts the container again, with its data and its ports, and waits until it answers. */
export async function startKilledService(
  context: StackContext,
  server: ServerDefinition,
  address: ServerAddress,
): Promise<void> {
  await upAt(context, server.name, portsOf(address));
  await firstAnswer(server, address);
}

async function upAt(
  context: StackContext,
  name: ServerName,
  ports: readonly number[],
): Promise<void> {
  const variable = `LABS_${name.toUpperCase()}`;
  await compose(context, ['up', '--detach', '--wait', name], {
    [`${variable}_PORT`]: String(ports[0]),
    [`${variable}_MANAGEMENT_PORT`]: String(ports[1]),
  });
}

/** Those that the person chose, else those of last time, else any that are free. */
async function portsFor(context: StackContext, name: ServerName): Promise<readonly number[]> {
  const variable = `LABS_${name.toUpperCase()}`;
  const known = (await readRecord(context, name))?.address;
  const free = await freePorts(2, known === undefined ? [] : portsOf(known));
  return ['PORT', 'MANAGEMENT_PORT'].map((which, at) => {
    const chosen = process.env[`${variable}_${which}`];
    return chosen === undefined || chosen === '' ? (free[at] ?? 0) : Number(chosen);
  });
}

export async function stopSpareService(context: StackContext, name: ServerName): Promise<void> {
  await compose(context, ['down', '--volumes']);
  await forgetRecord(context, name);
}

/** Whether Docker's engine answers, not only its client. Asked once per process. */
export async function engineAnswers(context: StackContext): Promise<boolean> {
  const asked = engines.get(context.root) ?? askEngine(context);
  engines.set(context.root, asked);
  return asked;
}

async function askEngine(context: StackContext): Promise<boolean> {
  try {
    await access(composeFile(context));
    const options = { timeout: ENGINE_MS, killSignal: 'SIGKILL' } as const;
    await run('docker', ['version', '--format', '{{.Server.Version}}'], options);
    await run('docker', ['compose', 'version', '--short'], options);
    return true;
  } catch {
    return false;
  }
}

async function startService(
  context: StackContext,
  server: ServerDefinition,
): Promise<ServerAddress> {
  const list = ['ps', '--format', 'json', server.name];
  let ps = await compose(context, list);
  if (!isRunningService(ps, server.name)) {
    context.progress(`starting ${server.name} with docker compose`);
    await upAt(context, server.name, await portsFor(context, server.name));
    ps = await compose(context, list);
  }
  const address = await addressOf(context, server, ps).catch(async (error: unknown) => {
    if (!isUnprotected(error)) throw error;
    // An earlier version of the compose file has started it. Compose makes a new one.
    await stopCompose(context, [server.name]);
    await upAt(context, server.name, await portsFor(context, server.name));
    return addressOf(context, server, await compose(context, list));
  });
  await writeRecord(context, { address });
  return address;
}

async function addressOf(
  context: StackContext,
  server: ServerDefinition,
  ps: string,
): Promise<ServerAddress> {
  const service = readService(
    await compose(context, ['config', '--format', 'json']),
    ps,
    server.name,
  );
  if (server.fromCompose === undefined) {
    throw new ServerTrouble('CHECK_FAILED', 'docker-compose.yml has no such service');
  }
  const endpoint = server.fromCompose(service);
  const version = (await firstAnswer(server, endpoint)) ?? service.tag;
  return { name: server.name, provision: 'compose', ...endpoint, version };
}

/** The file's health checks wait for an open port; a broker behind it may not be ready yet. */
async function firstAnswer(
  server: ServerDefinition,
  endpoint: Endpoint,
): Promise<string | undefined> {
  const deadline = performance.now() + READY_MS;
  for (;;) {
    try {
      return await server.check(endpoint, CHECK_MS);
    } catch (error) {
      if (performance.now() > deadline || isUnprotected(error)) throw error;
    }
    await sleep(100);
  }
}

async function compose(
  context: StackContext,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const secret = await secretIn(join(context.stateDir, 'servers', 'compose'));
  const project = ['compose', '-f', composeFile(context), '-p', projectOf(context)];
  const { stdout } = await run('docker', [...project, ...args], {
    cwd: context.root,
    env: { ...process.env, LABS_SECRET: secret, ...env },
    timeout: UP_MS,
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout;
}

const composeFile = (context: StackContext): string => join(context.root, 'docker-compose.yml');

/** The last line that docker wrote; execFile's own message begins with the whole command. */
function lastLine(error: unknown): string {
  const stderr = error instanceof Error && 'stderr' in error ? String(error.stderr) : '';
  return stderr.trim().split('\n').at(-1) || reason(error);
}
