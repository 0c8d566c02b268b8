import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  debriefOf,
  findLab,
  findTask,
  hintOf,
  layOut,
  readCatalog,
  solutionsOf,
  ticketOf,
} from '../src/index.ts';
import { ToyCatalog } from './toy-lab.ts';

describe('names', () => {
  test.each(['90', '90-toy', 'toy', 'TOY', 'labs/90-toy/'])('a lab is found by "%s"', (name) => {
    using catalog = new ToyCatalog().addLab();
    expect(findLab(readCatalog(catalog.root), name).id).toBe('90-toy');
  });

  test('a typo is answered with the nearest lab', () => {
    using catalog = new ToyCatalog().addLab();
    expect(() => findLab(readCatalog(catalog.root), '90-tyo')).toThrow('Did you mean "90-toy"?');
  });

  test('a name like none is answered with where they are listed', () => {
    using catalog = new ToyCatalog().addLab();
    expect(() => findLab(readCatalog(catalog.root), 'kubernetes')).toThrow('`labs list`');
  });

  test('a broken lab is answered with its fault', () => {
    using catalog = new ToyCatalog().addLab({});
    expect(() => findLab(readCatalog(catalog.root), 'toy')).toThrow('labs/90-toy/lab.yaml:1: id');
  });

  test('a task is found by number and slug, and no other', () => {
    using catalog = new ToyCatalog().addLab();
    const lab = findLab(readCatalog(catalog.root), 'toy');
    expect(findTask(lab, '2').slug).toBe('second');
    expect(findTask(lab, 'second').number).toBe(2);
    expect(() => findTask(lab, '3')).toThrow(
      'There is no task "3" in 90-toy. It has tasks 1 to 2.',
    );
    expect(() => findTask(lab, 'secnd')).toThrow('Did you mean "second"?');
  });
});

describe('pages', () => {
  const hints =
    '# Hints\n\n## 1\n\n### 1\n\nWhy?\n\n### 2\n\nBecause.\n\n## 2 Second\n\n### 1\n\nHow?\n';

  test('a hint is found by task and level', () => {
    using catalog = new ToyCatalog().addLab().write('labs/90-toy/hints.md', hints);
    const lab = findLab(readCatalog(catalog.root), 'toy');
    const [first, second] = [findTask(lab, '1'), findTask(lab, '2')];
    expect(hintOf(lab, first, 1)).toBe('Why?');
    expect(hintOf(lab, first, 2)).toBe('Because.');
    expect(hintOf(lab, first, 3)).toBeUndefined();
    expect(hintOf(lab, second, 1)).toBe('How?');
  });

  test('the ticket’s section is the task’s own', () => {
    const ticket =
      '# Toy\n\nStory 1.\n\n## Task 1: First\n\nDo it.\n\n### Note\n\nWell.\n\n## Task 2: Second\n\nThen that.\n';
    using catalog = new ToyCatalog().addLab().write('labs/90-toy/README.md', ticket);
    const lab = findLab(readCatalog(catalog.root), 'toy');
    expect(ticketOf(lab, findTask(lab, '1'))).toBe('Do it.\n\n### Note\n\nWell.');
    expect(ticketOf(lab, findTask(lab, '2'))).toBe('Then that.');
    expect(debriefOf(lab, findTask(lab, '1'))).toBeUndefined();
  });
});

describe('overlays', () => {
  test('an overlay replaces and adds, and nothing that spoils comes along', () => {
    using catalog = new ToyCatalog()
      .addLab()
      .write('labs/90-toy/src/app.ts', 'starter')
      .write('labs/90-toy/src/db.ts', 'starter')
      .write('labs/90-toy/hints.md', 'spoils')
      .write('labs/90-toy/solutions/reference/SOLUTION.md', 'spoils')
      .write('labs/90-toy/solutions/reference/src/app.ts', 'solved')
      .write('labs/90-toy/solutions/reference/migrations/1.sql', 'select 1');
    const lab = findLab(readCatalog(catalog.root), 'toy');
    const target = join(catalog.root, 'target');
    layOut(lab, solutionsOf(lab)[0]?.layers ?? [], target);

    expect(readFileSync(join(target, 'src/app.ts'), 'utf8')).toBe('solved');
    expect(readFileSync(join(target, 'src/db.ts'), 'utf8')).toBe('starter');
    expect(existsSync(join(target, 'migrations/1.sql'))).toBe(true);
    for (const spoiler of ['hints.md', 'SOLUTION.md', 'solutions', 'tests', 'lab.yaml']) {
      expect(existsSync(join(target, spoiler))).toBe(false);
    }
  });

  test('what is kept once for all solutions lies below each of them', () => {
    using catalog = new ToyCatalog()
      .addLab()
      .write('labs/90-toy/solutions/shared/src/db.ts', 'shared')
      .write('labs/90-toy/solutions/shared/src/app.ts', 'shared')
      .write('labs/90-toy/solutions/reference/src/app.ts', 'solved');
    const lab = findLab(readCatalog(catalog.root), 'toy');
    const [reference, ...others] = solutionsOf(lab);
    expect(others).toEqual([]);
    const target = join(catalog.root, 'target');
    layOut(lab, reference?.layers ?? [], target);
    expect(readFileSync(join(target, 'src/app.ts'), 'utf8')).toBe('solved');
    expect(readFileSync(join(target, 'src/db.ts'), 'utf8')).toBe('shared');
  });

  test('the reference comes first', () => {
    using catalog = new ToyCatalog()
      .addLab()
      .write('labs/90-toy/solutions/another/src/app.ts', '')
      .write('labs/90-toy/solutions/reference/src/app.ts', '');
    const lab = findLab(readCatalog(catalog.root), 'toy');
    expect(solutionsOf(lab).map(({ name }) => name)).toEqual(['reference', 'another']);
  });
});
