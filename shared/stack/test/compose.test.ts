import { readFile, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { openStack, stackDown } from '../src/index.ts';
import { isRunningService, readService } from '../src/provision/compose-output.ts';
import { sandbox } from './support/sandbox.ts';
import { stubProgram, tempDir } from './support/stub.ts';

const REPOSITORY = resolve(import.meta.dirname, '../../..');

afterEach(() => {
  vi.unstubAllEnvs();
});

/** A repository with a compose file, so that Docker is asked at all. */
async function repository(): Promise<string> {
  const root = await tempDir('root');
  await symlink(join(REPOSITORY, 'infra'), join(root, 'infra'));
  await writeFile(join(root, 'docker-compose.yml'), 'services: {}\n');
  return root;
}

/** A docker whose redis is a server that runs already, at `url`. */
async function stubDocker(url: string, state: string): Promise<string> {
  const { port, password } = new URL(url);
  const config = {
    services: { redis: { image: 'redis:8.2', environment: { REDIS_PASSWORD: password } } },
  };
  const row = {
    Service: 'redis',
    State: 'running',
    Health: 'healthy',
    Publishers: [{ TargetPort: 6379, PublishedPort: Number(port) }],
  };
  return stubProgram(
    'docker',
    `echo "$@" >> "$(dirname "$0")/calls"
     if [ "$2" = -f ]; then echo "$LABS_SECRET $2 $3 $4 $5" >> "$(dirname "$0")/secrets"; fi
     case "$*" in
       version*) echo 28.0.0 ;;
       "compose version"*) echo 2.40.0 ;;
       *" config "*) echo '${JSON.stringify(config)}' ;;
       *" ps "*) if [ "${state}" = up ] || [ -e "$(dirname "$0")/started" ]; then echo '${JSON.stringify(row)}'; fi ;;
       *" up "*) ${state === 'refused' ? 'echo one >&2; echo "pull access denied" >&2; exit 1' : 'touch "$(dirname "$0")/started"'} ;;
     esac`,
  );
}

const shared = await openStack(['redis']);
const url = shared.servers.redis?.url ?? '';

test('a client without an engine means native', async () => {
  await using box = await sandbox(0o755, '');
  await stubProgram('docker', 'echo "Cannot connect to the Docker daemon" >&2; exit 1');
  const { servers } = await openStack(['redis'], { ...box.options, root: await repository() });
  expect(servers.redis?.provision).toBe('native');
});

test('an engine that hangs means native after two seconds', async () => {
  await using box = await sandbox(0o755, '');
  await stubProgram('docker', 'exec sleep 60');
  const begun = performance.now();
  const { servers } = await openStack(['redis'], { ...box.options, root: await repository() });
  expect(servers.redis?.provision).toBe('native');
  expect(performance.now() - begun).toBeLessThan(30_000);
});

test('a running service is used as it is', async () => {
  await using box = await sandbox(0o755, '');
  const dir = await stubDocker(url, 'up');
  const { servers, missing } = await openStack(['redis'], {
    ...box.options,
    root: await repository(),
  });
  expect(missing).toEqual([]);
  expect(servers.redis).toMatchObject({
    provision: 'compose',
    version: shared.servers.redis?.version,
  });
  expect(await stubCalls(dir)).not.toContain(' up ');
});

test('a service that is down is brought up alone, and taken down again', async () => {
  await using box = await sandbox(0o755, '');
  const dir = await stubDocker(url, 'down');
  const options = { ...box.options, root: await repository() };
  const { servers } = await openStack(['redis'], options);
  expect(servers.redis?.provision).toBe('compose');
  expect(await stubCalls(dir)).toContain('up --detach --wait redis');
  await stackDown(options);
  expect(await stubCalls(dir)).toMatch(/ down$/mu);
});

test('an engine that cannot start the service means native, after a line of progress', async () => {
  await using box = await sandbox(0o755, '');
  await stubDocker(url, 'refused');
  const { servers } = await openStack(['redis'], { ...box.options, root: await repository() });
  expect(servers.redis?.provision).toBe('native');
  expect(box.progress).toContain(
    'docker compose could not start redis: pull access denied; trying without Docker',
  );
});

test('neither Docker nor native: the message says both', async () => {
  await using box = await sandbox(0o755, '');
  await stubDocker(url, 'refused');
  // Of a program that is gone before it can be looked at, the last words are not read.
  await stubProgram('redis-server', 'echo "FATAL: no luck"; sleep 0.5; exit 1');
  const { missing } = await openStack(['redis'], { ...box.options, root: await repository() });
  expect(missing[0]?.message).toMatch(/pull access denied; without Docker: .*no luck/u);
});

test('the password of compose is random for each state folder, and stays', async () => {
  const secrets: string[] = [];
  await using one = await sandbox(0o755, '');
  await using other = await sandbox(0o755, '');
  for (const box of [one, one, other]) {
    const dir = await stubDocker(url, 'down');
    const options = { ...box.options, root: await repository() };
    await openStack(['redis'], options);
    await stackDown(options);
    const [secret = '', project = ''] =
      /^(\w+) -f \S+ -p (\S+)/mu.exec(await readFile(join(dir, 'secrets'), 'utf8'))?.slice(1) ?? [];
    expect(secret).toMatch(/^[0-9a-f]{32}$/u);
    secrets.push(`${project} ${secret}`);
  }
  expect(secrets[1]).toBe(secrets[0]);
  expect(secrets[2]).not.toBe(secrets[0]);
  expect(await readFile(join(REPOSITORY, 'docker-compose.yml'), 'utf8')).not.toMatch(
    /PASS(?:WORD)?: labs|requirepass, labs/u,
  );
});

test('with LABS_STACK=compose an engine that cannot start the service is broken', async () => {
  await using box = await sandbox(0o755, 'compose');
  await stubDocker(url, 'refused');
  const { missing } = await openStack(['redis'], { ...box.options, root: await repository() });
  expect(missing[0]).toMatchObject({
    code: 'SERVER_BROKEN',
    message: 'docker compose could not start redis: pull access denied',
  });
});

test('LABS_STACK=compose without an engine is broken', async () => {
  await using box = await sandbox(0o755, '');
  vi.stubEnv('LABS_STACK', 'compose');
  await stubProgram('docker', 'exit 1');
  const { missing } = await openStack(['redis'], { ...box.options, root: await repository() });
  expect(missing[0]?.message).toContain('LABS_STACK=compose');
});

test('LABS_STACK=native asks no engine', async () => {
  await using box = await sandbox(0o755, '');
  vi.stubEnv('LABS_STACK', 'native');
  const dir = await stubDocker(url, 'up');
  const { servers } = await openStack(['redis'], { ...box.options, root: await repository() });
  expect(servers.redis?.provision).toBe('native');
  expect(await stubCalls(dir)).toBe('');
});

test('rows of compose are read as lines and, of older versions, as an array', () => {
  const row = { Service: 'kafka', State: 'running', Health: '' };
  const other = { Service: 'redis', State: 'exited', Health: '' };
  const lines = [row, other].map((one) => JSON.stringify(one)).join('\n');
  for (const text of [lines, JSON.stringify([row, other])]) {
    expect(isRunningService(text, 'kafka')).toBe(true);
    expect(isRunningService(text, 'redis')).toBe(false);
    expect(isRunningService(text, 'postgres')).toBe(false);
  }
});

test('a service whose health is still starting does not count as running', () => {
  const row = { Service: 'kafka', State: 'running', Health: 'starting' };
  expect(isRunningService(JSON.stringify(row), 'kafka')).toBe(false);
});

test('a tag is read without its digest, and a port only if it is published', () => {
  const config = JSON.stringify({ services: { kafka: { image: 'apache/kafka:4.3.1@sha256:00' } } });
  const row = { Service: 'kafka', Publishers: [{ TargetPort: 9092, PublishedPort: 0 }] };
  const service = readService(config, JSON.stringify(row), 'kafka');
  expect(service.tag).toBe('4.3.1');
  expect(service.port(9092)).toBeUndefined();
});

async function stubCalls(dir: string): Promise<string> {
  return readFile(join(dir, 'calls'), 'utf8').catch(() => '');
}
