import { readFileSync } from 'node:fs';
import { sandboxTrouble } from '@backend-labs/launcher';
import { openStack, stackDown } from '@backend-labs/stack';
import { Redis } from 'ioredis';
import { afterAll, describe, expect, test } from 'vitest';
import { blockage, endScript } from '../src/judge/blocked-redis.ts';
import { Folder, ROOT } from './support/folder.ts';
import { GOOD, gradesOf, STARTER, ToyPack } from './support/toy.ts';

const missing = (await sandboxTrouble())?.message;
const LAB = '06-cache-invalidation';

/** A Redis of this pack's own, which ends with the tests. */
function packWithRedis(tests?: string): ToyPack {
  const pack = new ToyPack(LAB, ['redis'], tests);
  afterAll(async () => {
    await stackDown({ root: ROOT, stateDir: pack.stateDir });
    pack[Symbol.dispose]();
  });
  return pack;
}

describe.skipIf(missing)('a submission that blocks Redis', () => {
  const pack = packWithRedis();
  /** Runs the script at each request. */
  const running = (script: string) => ({
    'src/answer.ts': `import { Redis } from 'ioredis';
      const redis = new Redis(process.env['REDIS_URL']);
      redis.on('error', () => {});
      await redis.ping();
      export const answer = () => {
        redis.eval(${JSON.stringify(script)}, 0).catch(() => {});
        return undefined;
      };`,
  });

  test.for([
    ['a script without an end', 'while true do end'],
    [
      'a script that cannot be killed, because it has written',
      `redis.call('SET', 'written', '1') while true do end`,
    ],
    [
      'a script during which Redis hears nothing',
      `return string.find(string.rep('a', 200000), '.-.-.-b')`,
    ],
    [
      'a script that ends, but not soon',
      `local now = function() return tonumber(redis.call('TIME')[1]) end
       local start = now() while now() < start + 4 do end`,
    ],
  ] as const)('with %s gains no point, and the next one is graded right', async ([, script]) => {
    using to = new Folder();
    const { tasks } = await pack.grade(running(script), to);
    expect(tasks[0]?.points).toMatchObject([
      { id: '1.1', grade: 'failed', lessons: ['redis-blocked'] },
      { id: '1.2', grade: 'failed', lessons: ['redis-blocked'] },
    ]);
    expect(readFileSync(to.path('report.html'), 'utf8')).toContain('had a Redis to itself');
    expect(gradesOf(await pack.grade({ 'src/answer.ts': GOOD }, to))).toBe(
      '1.1 passed, 1.2 passed',
    );
  });
});

describe.skipIf(missing)('a Redis that ends', () => {
  const pack = packWithRedis(`import { expect, judges, test } from '@backend-labs/testkit';
    test('it says hello', judges('1.1'), async ({ service, redis }) => {
      await redis.command('SHUTDOWN', 'NOSAVE');
    });
    test('it says the word', judges('1.2'), async ({ service }) => {
      expect((await service.get('/echo/x')).status).toBe(200);
    });`);

  test("is the machine's fault, and no point is judged", async () => {
    using to = new Folder();
    expect(gradesOf(await pack.grade({ 'src/answer.ts': STARTER }, to))).toBe(
      '1.1 not judged, 1.2 not judged',
    );
  });
});

test('a script that has written is not ended together with a Redis of a person', async () => {
  using folder = new Folder();
  const where = { root: ROOT, stateDir: folder.path('.labs') };
  await using ended = new AsyncDisposableStack();
  ended.defer(() => stackDown(where));
  const { servers } = await openStack(['redis'], where);
  const { redis: address } = servers;
  if (!address) throw new TypeError('there is no Redis');
  const client = new Redis(address.url, { retryStrategy: () => null });
  client.on('error', () => {});
  ended.defer(() => client.disconnect());
  await client.ping();
  const script = `redis.call('SET', 'written', '1') while true do end`;
  client.eval(script, 0).catch(() => {});
  expect(await blockage(address)).toMatch(/^answered "BUSY /u);
  await endScript({ ...address, provision: 'url' });
  expect(await blockage(address)).toMatch(/^answered "BUSY /u);
  await endScript(address);
  expect(await blockage(address)).toBeUndefined();
});
