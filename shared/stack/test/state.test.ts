import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { asStateError, reason, StateUnwritable } from '../src/errors.ts';
import { withLock } from '../src/lock.ts';
import { readRecord } from '../src/record.ts';
import { resolveContext, serverFiles, writeJson } from '../src/state.ts';
import { redact } from '../src/provision/url.ts';
import { sandbox } from './support/sandbox.ts';

test.for([
  ['ENOSPC', 'the disk is full'],
  ['EROFS', 'the disk is read-only'],
  ['EACCES', 'permission denied'],
])('%s is reported in plain words, with LABS_STATE as the fix', ([code, words]) => {
  const error = asStateError('/there', Object.assign(new Error('x'), { code }));
  expect(error).toBeInstanceOf(StateUnwritable);
  expect(error).toMatchObject({
    code: 'STATE_UNWRITABLE',
    message: `cannot write /there: ${words}`,
  });
  expect(error).toMatchObject({ fix: expect.stringContaining('LABS_STATE') });
});

test('a relative LABS_STATE is refused', () => {
  expect(() => resolveContext({ stateDir: 'here' })).toThrow(StateUnwritable);
});

test.for(['', '{"address":', '{"address":{"name":"redis"}}', '[]'])(
  'a record that was cut short is ignored: %s',
  async (text) => {
    await using box = await sandbox();
    const context = resolveContext(box.options);
    await mkdir(serverFiles(context, 'redis').dir, { recursive: true });
    await writeFile(serverFiles(context, 'redis').record, text);
    expect(await readRecord(context, 'redis')).toBeUndefined();
  },
);

test('holders of one lock take turns', async () => {
  await using box = await sandbox();
  const context = resolveContext(box.options);
  const file = join(box.stateDir, 'count.json');
  let inside = 0;
  let most = 0;
  await Promise.all(
    Array.from({ length: 5 }, () =>
      withLock(context, 'turn', async () => {
        inside += 1;
        most = Math.max(most, inside);
        await writeJson(file, inside);
        inside -= 1;
      }),
    ),
  );
  expect(most).toBe(1);
});

test('a lock is released when the work fails', async () => {
  await using box = await sandbox();
  const context = resolveContext(box.options);
  const failing = withLock(context, 'once', () => Promise.reject(new RangeError('x')));
  await expect(failing).rejects.toThrow(RangeError);
  expect(await withLock(context, 'once', () => Promise.resolve('free'))).toBe('free');
});

test('passwords are not shown', () => {
  expect(redact('postgres://me:s%40cret@127.0.0.1:1/x')).toBe('postgres://me:***@127.0.0.1:1/x');
  expect(redact('redis://:secret@127.0.0.1')).toBe('redis://:***@127.0.0.1');
  expect(redact('127.0.0.1:9092')).toBe('127.0.0.1:9092');
});

test('several causes are reported on one line', () => {
  const both = new AggregateError([new Error('one\n two'), new Error('three')]);
  expect(reason(both)).toBe('one two; three');
});

test('a failed request is reported by its cause', async () => {
  const closed = createServer().listen(0, '127.0.0.1');
  await once(closed, 'listening');
  const { port } = closed.address() as AddressInfo;
  closed.close();
  const error: unknown = await fetch(`http://127.0.0.1:${port}`).catch((caught: unknown) => caught);
  expect(reason(error)).toBe(`connect ECONNREFUSED 127.0.0.1:${port}`);
});
