import { readFileSync, writeFileSync } from 'node:fs';
import { sandboxTrouble } from '@backend-labs/launcher';
import type { GradeResult, TaskVerdict } from '@backend-labs/protocol';
import { afterAll, describe, expect, test } from 'vitest';
import { checkSigned } from '../src/sign.ts';
import { Folder } from './support/folder.ts';
import { GOOD, gradesOf, ToyPack } from './support/toy.ts';

const missing = (await sandboxTrouble())?.message;
const pack = new ToyPack();
afterAll(() => pack[Symbol.dispose]());
const work = { 'src/answer.ts': GOOD };

/** As if the machine had failed in the middle. */
function breakOff(to: Folder): void {
  const path = to.path('verdicts.json');
  const verdicts = JSON.parse(readFileSync(path, 'utf8')) as TaskVerdict[];
  const broken = verdicts.map((verdict): TaskVerdict => {
    const points = verdict.points.map((point) => ({ ...point, status: 'error' as const }));
    return { ...verdict, status: 'error', points, tests: [] };
  });
  writeFileSync(path, JSON.stringify(broken));
}

describe.skipIf(missing)('a resumed run', () => {
  test('judges what was not judged', async () => {
    using to = new Folder();
    const whole = await pack.grade(work, to);
    breakOff(to);
    const resumed = await pack.grade(work, to, {}, { resume: true });
    expect(gradesOf(resumed)).toBe('1.1 passed, 1.2 passed');
    expect({ ...resumed, times: whole.times }).toEqual(whole);
  });

  test('of another submission is refused', async () => {
    using to = new Folder();
    await pack.grade(work, to);
    const other = pack.grade({ 'src/answer.ts': `${GOOD}//` }, to, {}, { resume: true });
    await expect(other).rejects.toMatchObject({ code: 'NO_RESULT' });
  });

  test('leaves a signed result that can be checked', async () => {
    using to = new Folder();
    const result: GradeResult = await pack.grade(work, to);
    const { result: signed } = await checkSigned(readFileSync(to.path('result.jws'), 'utf8'));
    expect(signed).toEqual(result);
  });
});

test('a pack that was changed is refused', async () => {
  using changed = new ToyPack();
  using to = new Folder();
  writeFileSync(changed.path('work/01-toy/src/answer.ts'), GOOD);
  await expect(changed.grade(work, to)).rejects.toMatchObject({ code: 'PACK_CHANGED' });
});
