import { join } from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { programEnvironment, searchPath } from '../src/environment.ts';
import { runScript } from '../src/script.ts';

const run = { target: join(import.meta.dirname, 'toy'), stateDir: '/state' };
const lease = { env: { DATABASE_URL: 'postgres://here', REDIS_URL: 'redis://here' } };

beforeEach(() => {
  vi.stubEnv('LABS_POSTGRES_URL', 'postgres://admin:secret@127.0.0.1/postgres');
  vi.stubEnv('LABS_STATE', '/elsewhere');
  vi.stubEnv('NODE_OPTIONS', '--trace-warnings');
  vi.stubEnv('SOME_TOKEN', 'secret');
  vi.stubEnv('HTTP_PROXY', 'http://127.0.0.1:1');
  return () => vi.unstubAllEnvs();
});

async function seen(script: string, env = {}): Promise<Record<string, string>> {
  const { code, stdout } = await runScript({ run, script, lease, env });
  expect(code).toBe(0);
  return JSON.parse(stdout[0] ?? '') as Record<string, string>;
}

describe('a program', () => {
  test('sees the lease, its own variables, and the allowed variables of the machine', async () => {
    const env = await seen('start', { PORT: '1' });
    expect(env).toMatchObject({ ...lease.env, PORT: '1', NO_COLOR: '1' });
    const allowed =
      /^(?:DATABASE_URL|REDIS_URL|PORT|PATH|NO_COLOR|NODE_COMPILE_CACHE|HOME|USER|LOGNAME|SHELL|LANG|LC_ALL|TZ|TMPDIR|TERM)$/u;
    expect(Object.keys(env).filter((name) => !allowed.test(name))).toEqual([]);
  });

  test('sees no URL of an administrator', async () => {
    expect(JSON.stringify(await seen('start'))).not.toContain('secret');
  });

  test('does not see a variable that a test takes away', async () => {
    expect(await seen('start', { REDIS_URL: undefined })).not.toHaveProperty('REDIS_URL');
  });

  test('sees the database and no other server when it is a migration', async () => {
    const env = await seen('migrate');
    expect(env).toHaveProperty('DATABASE_URL', 'postgres://here');
    expect(env).not.toHaveProperty('REDIS_URL');
  });

  test('cannot get a LABS_ variable', () => {
    expect(() => programEnvironment(run, { LABS_REDIS_URL: 'redis://admin' })).toThrow(
      expect.objectContaining({ name: 'LauncherError', code: 'MISUSED' }),
    );
  });
});

describe('the PATH', () => {
  test("lists the program's packages, our Node and the machine's programs", () => {
    expect(searchPath('/copies/lab', '/node/bin', '/usr/bin:/bin')).toBe(
      '/copies/lab/node_modules/.bin:/node/bin:/usr/bin:/bin',
    );
  });

  test('is relative when a folder above both has a ":" in its name', () => {
    expect(searchPath('/c:d/copies/lab', '/c:d/.labs/node/bin', '/bin')).toBe(
      'node_modules/.bin:../../.labs/node/bin:/bin',
    );
  });

  test('is refused when a relative path has a ":" as well', () => {
    expect(() => searchPath('/tmp/lab', '/c:d/node/bin', '/bin')).toThrow(
      expect.objectContaining({ code: 'PATH_UNUSABLE' }),
    );
  });
});
