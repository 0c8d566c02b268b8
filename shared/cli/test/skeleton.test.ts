import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { loadLab } from '@backend-labs/catalog';
import { verify } from '@backend-labs/runner';
import { openStack } from '@backend-labs/stack';
import { expect, test } from 'vitest';
import { makeLab } from '../src/skeleton.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const ID = '98-new-lab';

test('the lab that `labs new` makes is what it says it is', async () => {
  using home = homeOfLab();
  const dir = join(home.dir, ID);
  makeLab(ID, dir);
  symlinkSync(join(ROOT, 'labs/01-query-plans/node_modules'), join(dir, 'node_modules'));
  const lab = loadLab(dir, home.dir);
  const stack = await openStack(lab.servers);

  const report = await verify({ root: ROOT, stateDir: home.dir, lab, stack, repeat: 1 });
  expect(report.problems).toEqual([]);
  expect(report.rows.flatMap(({ name, problems }) => problems.map((each) => [name, each]))).toEqual(
    [],
  );
  const { misconceptions, solutions } = report;
  expect({ misconceptions, solutions }).toEqual({
    misconceptions: { sound: 1, of: 1 },
    solutions: { sound: 2, of: 2 },
  });
  expect(lab.tasks.map(({ stretch }) => stretch)).toEqual([false, true]);
});

/** Below the repository's root, where the lab's tests find the testkit. */
function homeOfLab(): Disposable & { readonly dir: string } {
  const state = join(ROOT, '.labs');
  mkdirSync(state, { recursive: true });
  const dir = mkdtempSync(join(state, 'new-lab-'));
  return { dir, [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }) };
}
