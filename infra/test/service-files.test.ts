import { existsSync, globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
const SKELETON = 'shared/cli/skeleton/src';

/** Files that every starter with such a file has byte for byte: learners meet them once. */
const ALIKE = ['db.ts', 'errors.ts', 'migrate.ts', 'request-log.ts'];

/** Starters that have their own, and why. */
const OWN: Readonly<Record<string, string>> = {
  'labs/02-pagination-versioning/src/errors.ts':
    'How the service answers errors is what task 1 asks the learner to change.',
  'labs/04-logs-traces/src/request-log.ts':
    'What the service logs about a request is what task 1 asks the learner to change.',
};

describe.each(ALIKE)('%s', (name) => {
  const shared = readFileSync(join(ROOT, SKELETON, name), 'utf8');
  const starters = globSync(`labs/*/src/${name}`, { cwd: ROOT }).toSorted();

  test.each(starters.filter((file) => !(file in OWN)))('%s is the one of the skeleton', (file) => {
    expect(readFileSync(join(ROOT, file), 'utf8')).toBe(shared);
  });
});

test.each(Object.keys(OWN))('%s differs from the one of the skeleton', (file) => {
  expect(existsSync(join(ROOT, file)), `${file} exists`).toBe(true);
  const name = file.replace(/^.*\//u, '');
  expect(readFileSync(join(ROOT, file), 'utf8')).not.toBe(
    readFileSync(join(ROOT, SKELETON, name), 'utf8'),
  );
});
