import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { reason, ServerUnavailable } from '../errors.ts';
import { withLock } from '../lock.ts';
import { freePorts } from '../ports.ts';
import { forgetRecord, readRecord, writeRecord } from '../record.ts';
import type { Endpoint, ServerDefinition } from '../servers/definition.ts';
import type { Home } from '../state.ts';
import type { ServerAddress, ServerName } from '../types.ts';
import { isRunningService, readService } from './compose-output.ts';

const run = promisify(execFile);

const ENGINE_MS = 2000;
const UP_MS = 10 * 60_000;
const PROBE_MS = 5000;
const READY_MS = 20_000;

/**
 * The server of this repository's compose file, started when it is not running; undefined when no
 * engine answers here. Throws `SERVER_BROKEN` when an engine does and the server does not come up.
 */
export async function openCompose(
  home: Home,
  server: ServerDefinition,
): Promise<ServerAddress | undefined> {
  if (!(await engineAnswers(home))) return undefined;
  try {
    return await withLock(home, 'compose', () => startService(home, server));
  } catch (error) {
    if (error instanceof ServerUnavailable) throw error;
    throw new ServerUnavailable(
      'SERVER_BROKEN',
      server.name,
      `docker compose could not start ${server.name}: ${told(error)}`,
      `docker compose logs ${server.name}; or set LABS_STACK=native to do without Docker`,
      error,
    );
  }
}

/** The running service of the compose file, not starting it. */
export async function findCompose(
  home: Home,
  server: ServerDefinition,
): Promise<ServerAddress | undefined> {
  if (!(await engineAnswers(home))) return undefined;
  const ps = await compose(home, ['ps', '--format', 'json', server.name]).catch(() => '');
  return isRunningService(ps, server.name) ? addressOf(home, server, ps) : undefined;
}

/** Stops and removes the services; named volumes stay. Without names: everything of the file. */
export async function stopCompose(
  home: Home,
  names: readonly ServerName[] | undefined,
): Promise<void> {
  await compose(home, names === undefined ? ['down'] : ['rm', '--stop', '--force', ...names]);
}

/** The last lines of the service's log. */
export async function composeLogs(home: Home, name: ServerName, lines: number): Promise<string> {
  return compose(home, ['logs', '--no-color', '--tail', String(lines), name]);
}

const engines = new Map<string, Promise<boolean>>();

/** In a project of its own, so that no command that means the shared servers meets it. */
const SPARE = 'backend-labs-spare';

/** A second container of this service, at ports of its own that it keeps. */
export async function openSpareService(
  home: Home,
  server: ServerDefinition,
): Promise<ServerAddress> {
  return withLock(home, 'compose', async () => {
    const { name } = server;
    const known = (await readRecord(home, name))?.address;
    if (known === undefined) home.progress(`starting a spare ${name} with docker compose`);
    const ports = known === undefined ? await freePorts(2) : portsOf(known);
    await upAt(home, name, ports);
    const ps = await compose(home, ['-p', SPARE, 'ps', '--format', 'json', name]);
    const address = await addressOf(home, server, ps);
    await writeRecord(home, { address });
    return address;
  });
}

export async function killService(home: Home, name: ServerName): Promise<void> {
  await compose(home, ['-p', SPARE, 'kill', '--signal', 'SIGKILL', name]);
}

/** Starts the container again, with its data and its ports, and waits until it answers. */
export async function startKilledService(
  home: Home,
  server: ServerDefinition,
  address: ServerAddress,
): Promise<void> {
  await upAt(home, server.name, portsOf(address));
  await firstAnswer(server, address);
}

async function upAt(home: Home, name: ServerName, ports: readonly number[]): Promise<void> {
  const variable = `LABS_${name.toUpperCase()}`;
  await compose(home, ['-p', SPARE, 'up', '--detach', '--wait', name], {
    [`${variable}_PORT`]: String(ports[0]),
    [`${variable}_MANAGEMENT_PORT`]: String(ports[1]),
  });
}

function portsOf({ url, management }: ServerAddress): number[] {
  return [url, management].flatMap((part) =>
    part === undefined ? [] : [Number(new URL(part).port)],
  );
}

export async function stopSpareService(home: Home, name: ServerName): Promise<void> {
  await compose(home, ['-p', SPARE, 'down', '--volumes']);
  await forgetRecord(home, name);
}

/** Whether Docker's server, not merely its client, answers; asked once per process. */
export async function engineAnswers(home: Home): Promise<boolean> {
  const asked = engines.get(home.root) ?? askEngine(home);
  engines.set(home.root, asked);
  return asked;
}

async function askEngine(home: Home): Promise<boolean> {
  try {
    await access(composeFile(home));
    const options = { timeout: ENGINE_MS, killSignal: 'SIGKILL' } as const;
    await run('docker', ['version', '--format', '{{.Server.Version}}'], options);
    await run('docker', ['compose', 'version', '--short'], options);
    return true;
  } catch {
    return false;
  }
}

async function startService(home: Home, server: ServerDefinition): Promise<ServerAddress> {
  const list = ['ps', '--format', 'json', server.name];
  let ps = await compose(home, list);
  if (!isRunningService(ps, server.name)) {
    home.progress(`starting ${server.name} with docker compose`);
    await compose(home, ['up', '--detach', '--wait', server.name]);
    ps = await compose(home, list);
  }
  const address = await addressOf(home, server, ps);
  await writeRecord(home, { address });
  return address;
}

async function addressOf(home: Home, server: ServerDefinition, ps: string): Promise<ServerAddress> {
  const service = readService(await compose(home, ['config', '--format', 'json']), ps, server.name);
  const endpoint = server.fromCompose(service);
  const version = (await firstAnswer(server, endpoint)) ?? service.tag;
  return { name: server.name, provision: 'compose', ...endpoint, version };
}

/** The file's health checks see an open port; a broker behind it may still be making itself ready. */
async function firstAnswer(
  server: ServerDefinition,
  endpoint: Endpoint,
): Promise<string | undefined> {
  const deadline = performance.now() + READY_MS;
  for (;;) {
    try {
      return await server.probe(endpoint, PROBE_MS);
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
    await sleep(100);
  }
}

async function compose(
  home: Home,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { stdout } = await run('docker', ['compose', '-f', composeFile(home), ...args], {
    cwd: home.root,
    env: { ...process.env, ...env },
    timeout: UP_MS,
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout;
}

const composeFile = (home: Home): string => join(home.root, 'docker-compose.yml');

/** The last thing that docker said; execFile's own message begins with the whole command. */
function told(error: unknown): string {
  const stderr = error instanceof Error && 'stderr' in error ? String(error.stderr) : '';
  return stderr.trim().split('\n').at(-1) || reason(error);
}
