import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { logs } from '../src/service/readiness.ts';
import { Service, type ServiceOptions } from '../src/service/service.ts';
import { eventually } from '../src/wait/eventually.ts';
import { isAlive } from './support/processes.ts';

const run = { target: join(import.meta.dirname, 'fixtures', 'toy') };

function plain(options: Partial<ServiceOptions> = {}): Service {
  return new Service({ run, script: 'plain', ...options });
}

describe('a service that runs', () => {
  test('answers on the port it was given', async () => {
    await using service = await plain().start();
    const answer = await service.post('/echo', { amount: 12 });
    expect(answer.expect(200).body).toEqual({
      method: 'POST',
      type: 'application/json',
      body: '{"amount":12}',
    });
    expect(service.url).toBe(`http://127.0.0.1:${service.port}`);
    expect(await (await service.fetch('/healthz')).text()).toBe('ok');
  });

  test('sees the usual variables, the lease and no variable of the test runner', async () => {
    const lease = { env: { DATABASE_URL: 'postgres://here', REDIS_URL: 'redis://here' } };
    const definition = plain({ lease, env: { REDIS_URL: undefined } }).with({ POOL_SIZE: '1' });
    await using service = await definition.start();
    const { body } = await service.get<Record<string, string>>('/env');
    expect(body).toMatchObject({
      PORT: String(service.port),
      HOST: '127.0.0.1',
      DATABASE_URL: 'postgres://here',
      POOL_SIZE: '1',
    });
    expect(Object.keys(body).filter((name) => /REDIS|VITEST|NODE_ENV|^MODE$/u.test(name))).toEqual(
      [],
    );
  });

  test.runIf(process.platform === 'linux')(
    'has its whole time to start, however long the machine held it up',
    async () => {
      await using service = await plain({ script: 'held-up', readyWithin: 1000 }).start();
      expect((await service.get('/healthz')).status).toBe(200);
    },
  );

  test('two instances have ports of their own', async () => {
    const definition = plain();
    const [first, second] = await Promise.all([definition.start(), definition.start()]);
    await using both = new AsyncDisposableStack();
    both.use(first);
    both.use(second);
    expect(first.port).not.toBe(second.port);
    expect((await first.get('/healthz')).status).toBe(200);
    expect((await second.get('/healthz')).status).toBe(200);
  });

  test('a killed instance restarts on its port', async () => {
    await using first = await plain().start();
    await first.kill();
    await expect(first.exited).resolves.toEqual({ code: null, signal: 'SIGKILL' });
    await using again = await first.restart();
    expect(again.port).toBe(first.port);
    expect(again.pid).not.toBe(first.pid);
    expect((await again.get('/healthz')).text).toBe('ok');
  });

  test('stop is a SIGTERM that the service can act on', async () => {
    await using service = await plain().start();
    expect(await service.stop()).toEqual({ code: 0, signal: null });
    expect(service.logs.entries.map(({ msg }) => msg)).toEqual(['listening', 'closing']);
  });

  test('one that ignores SIGTERM is killed after the grace', async () => {
    await using service = await plain({ env: { STUBBORN: 'yes' } }).start();
    expect(await service.stop({ grace: 50 })).toEqual({ code: null, signal: 'SIGKILL' });
  });

  test('processes that it started end with it', async () => {
    await using service = await plain().start();
    const pid = Number((await service.get('/child')).text);
    expect(isAlive(pid)).toBe(true);
    await service.stop();
    await eventually('the grandchild to end', () => !isAlive(pid));
  });

  test('a worker without a server is ready when it says so', async () => {
    await using service = await plain({ script: 'worker', ready: logs('consuming') }).start();
    expect(service.running).toBe(true);
  });

  test('a script that needs a shell gets one', async () => {
    await using service = await plain({ script: 'shell' }).start();
    expect((await service.get('/healthz')).status).toBe(200);
  });
});

describe('logs', () => {
  test('lines of JSON are entries; all lines are kept as they came', async () => {
    await using service = await plain().start();
    await service.get('/log');
    const broke = await service.logs.waitFor('the error line', ({ level }) => level === 50);
    expect(broke.msg).toBe('it broke');
    expect(service.logs.stdout).toContain('not json');
    expect(service.logs.stderr).toEqual(['words on stderr']);
    expect(service.logs.dropped).toBe(0);
  });

  test('those since a moment leave out what came before', async () => {
    await using service = await plain().start();
    await service.logs.waitFor('its start', ({ msg }) => msg === 'listening');
    const mark = service.logs.mark();
    await service.get('/log');
    await service.logs.since(mark).waitFor('the error line', ({ level }) => level === 50);
    expect(service.logs.since(mark).entries.map(({ msg }) => msg)).toEqual([
      'a plain line',
      'it broke',
    ]);
  });

  test('a service that prints a gigabyte neither hangs nor fills the memory', async () => {
    await using service = await plain().start();
    const before = process.memoryUsage().rss;
    await service.get('/print?mb=1000');
    await service.logs.waitFor('the last line', ({ msg }) => msg === 'printed');
    expect(service.logs.dropped).toBeGreaterThan(990_000_000);
    expect(service.logs.stdout.join('\n').length).toBeLessThan(1_000_001);
    expect(process.memoryUsage().rss - before).toBeLessThan(150_000_000);
  });
});

describe('a service that fails', () => {
  test('at its start: the message holds the exit code and its last words', async () => {
    await expect(plain({ script: 'crash' }).start()).rejects.toMatchObject({
      name: 'ServiceError',
      code: 'CRASHED_AT_START',
      message: expect.stringMatching(
        /ended with exit code 1 at its start[^]*TypeError: the configuration is wrong/u,
      ),
    });
  });

  test('by never listening: the message holds the deadline and the port', async () => {
    await expect(plain({ script: 'deaf', readyWithin: 300 }).start()).rejects.toMatchObject({
      code: 'NEVER_LISTENED',
      message: expect.stringMatching(
        /did not answer GET \/healthz with 200 within 300 ms .* PORT=2\d{4}: nothing listens/u,
      ),
    });
  });

  test('by a program that is not there', async () => {
    await expect(plain({ script: 'absent' }).start()).rejects.toMatchObject({
      code: 'CRASHED_AT_START',
      message: expect.stringContaining('"no-such-program" could not be started'),
    });
  });

  test('by a script that package.json does not have', async () => {
    await expect(plain({ script: 'nothing' }).start()).rejects.toMatchObject({
      code: 'NO_SCRIPT',
    });
  });

  test('by ending before it answers', async () => {
    await using service = await plain().start();
    await expect(service.get('/exit')).rejects.toMatchObject({
      code: 'EXITED',
      message: expect.stringMatching(/exit code 3 before it answered GET \/exit[^]*on purpose/u),
    });
    await expect(service.get('/healthz')).rejects.toMatchObject({ code: 'EXITED' });
  });

  test('by not answering', async () => {
    await using service = await plain().start();
    await expect(service.get('/hang', { within: 100 })).rejects.toMatchObject({
      code: 'NO_ANSWER',
      message: 'GET /hang had no answer within 100 ms.',
    });
    await expect(service.get('/trickle', { within: 100 })).rejects.toMatchObject({
      code: 'NO_ANSWER',
    });
  });

  test('by breaking the connection while it lives on', async () => {
    await using service = await plain().start();
    await expect(service.get('/reset')).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
  });

  test.for(['/endless', '/headers'])('by more than a test reads: %s', async (path) => {
    await using service = await plain().start();
    await expect(service.get(path)).rejects.toMatchObject({
      name: 'ServiceError',
      code: 'TOO_LARGE',
      message: expect.stringContaining(`GET ${path} answered with more than 10 MB`),
    });
    expect((await service.get('/healthz')).status).toBe(200);
  });

  test('by a small body that unpacks to more than a test reads', async () => {
    await using service = await plain().start();
    const bomb = await service.fetch('/bomb');
    expect(bomb.status).toBe(200);
    await expect(bomb.text()).rejects.toMatchObject({ code: 'TOO_LARGE' });
  });

  test('by another status: the failed assertion shows the body', async () => {
    await using service = await plain().start();
    const answer = await service.get('/nowhere');
    expect(() => answer.expect(200)).toThrow(
      expect.objectContaining({
        name: 'AssertionError',
        message: 'GET /nowhere answered 404, expected 200: no such route',
      }),
    );
    expect(() => answer.body).toThrow(expect.objectContaining({ code: 'NOT_JSON' }));
  });

  test('by a package.json that is missing', async () => {
    const bare = new Service({ run: { target: join(run.target, 'src') } });
    await expect(bare.start()).rejects.toMatchObject({
      name: 'ServiceError',
      code: 'TARGET_MISSING',
    });
  });

  test('a folder that is missing is an error of the run, not of the learner', async () => {
    const nowhere = new Service({ run: { target: join(run.target, 'nowhere') } });
    await expect(nowhere.start()).rejects.toMatchObject({
      name: 'LauncherError',
      code: 'FOLDER_MISSING',
    });
  });
});
