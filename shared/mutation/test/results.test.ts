import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { Results } from '../src/results.ts';

const home = mkdtempSync(join(tmpdir(), 'labs-mutants-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const COVERAGE = { regions: {}, durations: {}, slowest: 1 };

function kept(name: string): string {
  const file = join(home, name, 'reference.json');
  const results = Results.open(file, 'one', false);
  results.coverage = COVERAGE;
  results.set('dead', { status: 'killed', points: ['1.1'], duration: 1 });
  results.set('alive', { status: 'survived', duration: 1 });
  return file;
}

const held = (results: Results) => ['dead', 'alive'].filter((id) => results.get(id));

test('an interrupted run goes on where it stopped', () => {
  const results = Results.open(kept('on'), 'one', false);
  expect(held(results)).toEqual(['dead', 'alive']);
  expect(results.coverage).toEqual(COVERAGE);
});

test('a changed test or solution begins it again', () => {
  const results = Results.open(kept('changed'), 'two', false);
  expect(held(results)).toEqual([]);
  expect(results.coverage).toBeUndefined();
});

test('--again judges what was not killed, even after a test changed', () => {
  expect(held(Results.open(kept('again'), 'one', true))).toEqual(['dead']);
  expect(held(Results.open(kept('again too'), 'two', true))).toEqual(['dead']);
});

test('a file that cannot be read begins it again', () => {
  const file = kept('broken');
  writeFileSync(file, '{');
  expect(held(Results.open(file, 'one', false))).toEqual([]);
});
