import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  findLab,
  layOut,
  layOutForEditing,
  misconceptionsOf,
  readCatalog,
  rebasePatch,
  savePatch,
} from '../src/index.ts';
import { ToyCatalog } from './toy-lab.ts';

const APP = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight'].join('\n') + '\n';
const HOME = 'labs/90-toy/misconceptions/naive';

function toy(): ToyCatalog {
  return new ToyCatalog()
    .addLab()
    .write('labs/90-toy/src/app.ts', 'starter\n')
    .write('labs/90-toy/src/old.ts', 'goes\n')
    .write('labs/90-toy/solutions/reference/src/app.ts', APP)
    .write(
      `${HOME}/misconception.yaml`,
      'looksRight: it works\nover: reference\nbreaks: [1.1]\nlesson: naive\n',
    );
}

function partsOf(catalog: ToyCatalog) {
  const lab = findLab(readCatalog(catalog.root), 'toy');
  const [naive] = misconceptionsOf(lab);
  if (!naive) throw new TypeError('the toy has a misconception');
  return { lab, naive, folder: join(catalog.root, 'edit'), patch: join(naive.dir, 'change.patch') };
}

/** Changes a line of app.ts, adds a file and removes one, and saves that as the patch. */
function saved(catalog: ToyCatalog) {
  const parts = partsOf(catalog);
  const { lab, naive, folder } = parts;
  layOutForEditing(lab, naive, folder);
  writeFileSync(join(folder, 'src/app.ts'), APP.replace('four', 'FOUR'));
  mkdirSync(join(folder, 'migrations'));
  writeFileSync(join(folder, 'migrations/1.sql'), 'SELECT 1\n');
  writeFileSync(join(folder, 'src/old.ts'), '');
  savePatch(lab, naive, folder);
  return parts;
}

describe('a patch', () => {
  test('shows the change and nothing else, and leads there again', () => {
    using catalog = toy();
    const { lab, naive, patch } = saved(catalog);
    expect(readFileSync(patch, 'utf8')).toContain('--- a/src/app.ts\n+++ b/src/app.ts\n@@');
    expect(readFileSync(patch, 'utf8')).toContain('--- /dev/null\n+++ b/migrations/1.sql\n');
    expect(readFileSync(patch, 'utf8')).not.toMatch(/eight|Index:|====/u);
    const target = join(catalog.root, 'target');
    layOut(lab, naive.layers, target);
    expect(readFileSync(join(target, 'src/app.ts'), 'utf8')).toBe(APP.replace('four', 'FOUR'));
    expect(readFileSync(join(target, 'migrations/1.sql'), 'utf8')).toBe('SELECT 1\n');
  });

  test('that no longer applies is named with the hunk', () => {
    using catalog = toy();
    saved(catalog);
    catalog.write('labs/90-toy/solutions/reference/src/app.ts', APP.replace('four', '4'));
    const { lab, naive } = partsOf(catalog);
    expect(() => layOut(lab, naive.layers, join(catalog.root, 'target'))).toThrow(
      /^labs\/90-toy\/misconceptions\/naive\/change\.patch no longer applies to src\/app\.ts:\n@@ -1,7 \+1,7 @@\n one/u,
    );
  });

  test('that is missing is named', () => {
    using catalog = toy();
    const { lab, naive } = partsOf(catalog);
    expect(() => layOut(lab, naive.layers, join(catalog.root, 'target'))).toThrow(
      'labs/90-toy/misconceptions/naive/change.patch is missing.',
    );
  });

  test('without a change is refused, and the old one stays', () => {
    using catalog = toy();
    const { lab, naive, folder, patch } = saved(catalog);
    const before = readFileSync(patch, 'utf8');
    layOut(lab, naive.over?.layers ?? [], folder);
    expect(() => savePatch(lab, naive, folder)).toThrow('naive: nothing was changed in');
    expect(readFileSync(patch, 'utf8')).toBe(before);
  });
});

describe('a rebase', () => {
  test('brings a patch up to date whose surroundings have changed', () => {
    using catalog = toy();
    saved(catalog);
    catalog.write(
      'labs/90-toy/solutions/reference/src/app.ts',
      `zero\n${APP.replace('one', 'first')}`,
    );
    const { lab, naive, patch } = partsOf(catalog);
    expect(rebasePatch(lab, naive)).toEqual([]);
    expect(readFileSync(patch, 'utf8')).toContain(' first\n');
    const target = join(catalog.root, 'target');
    layOut(lab, naive.layers, target);
    expect(readFileSync(join(target, 'src/app.ts'), 'utf8')).toContain('FOUR');
  });

  test('leaves one alone whose place is gone, and tells the hunk', () => {
    using catalog = toy();
    saved(catalog);
    catalog.write('labs/90-toy/solutions/reference/src/app.ts', 'all new\n');
    const { lab, naive, patch } = partsOf(catalog);
    const before = readFileSync(patch, 'utf8');
    expect(rebasePatch(lab, naive)).toMatchObject([{ file: 'src/app.ts' }]);
    expect(readFileSync(patch, 'utf8')).toBe(before);
    expect(existsSync(patch)).toBe(true);
  });
});
