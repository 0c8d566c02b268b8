import type { GradeResult } from '@backend-labs/protocol';
import { describe, expect, test } from 'vitest';
import { checkSigned, graderKey, sign } from '../src/sign.ts';
import { Folder } from './support/folder.ts';

const result: GradeResult = {
  result: 1,
  lab: '01-toy',
  pack: { digest: 'a', ai: 'allowed' },
  submission: { digest: 'b' },
  seed: 's',
  grade: 'passed',
  score: { points: 1, of: 1 },
  tasks: [],
  leftOut: [],
  newDependencies: [],
  times: { graded: '2026-11-28T00:00:00.000Z' },
};

describe('a signed result', () => {
  test('is read back, with the key that signed it', async () => {
    using folder = new Folder();
    const key = await graderKey(folder.dir);
    expect(await graderKey(folder.dir)).toEqual(key);
    expect(await checkSigned(await sign(result, key))).toEqual({ result, signedBy: key.id });
  });

  test('that was changed is refused', async () => {
    using folder = new Folder();
    const [head = '', , tail = ''] = (await sign(result, await graderKey(folder.dir))).split('.');
    const better = JSON.stringify({ ...result, score: { points: 9, of: 9 } });
    const forged = [head, Buffer.from(better).toString('base64url'), tail].join('.');
    await expect(checkSigned(forged)).rejects.toMatchObject({ code: 'NO_RESULT' });
  });

  test('of another key says so', async () => {
    using mine = new Folder();
    using theirs = new Folder();
    const { id } = await graderKey(mine.dir);
    const { signedBy } = await checkSigned(await sign(result, await graderKey(theirs.dir)));
    expect(signedBy).not.toBe(id);
  });

  test('without a signature is refused', async () => {
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const unsigned = `${part({ alg: 'none', typ: 'backend-labs-grade+json' })}.${part(result)}.`;
    await expect(checkSigned(unsigned)).rejects.toMatchObject({ code: 'NO_RESULT' });
    await expect(checkSigned('hello')).rejects.toMatchObject({ code: 'NO_RESULT' });
  });
});
