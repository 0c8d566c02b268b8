import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { boundCompiled } from '../bootstrap/compiled.mjs';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'labs-compiled-'));
  for (const version of ['v1', 'v2']) {
    mkdirSync(join(folder, version));
    for (const file of ['a', 'b']) writeFileSync(join(folder, version, file), '');
  }
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a cache within its bound is left alone', () => {
  boundCompiled(folder, 4);
  expect(readdirSync(folder)).toEqual(['v1', 'v2']);
});

test('one that has grown beyond it, over all versions of Node, goes', () => {
  boundCompiled(folder, 3);
  expect(existsSync(folder)).toBe(false);
});

test('a missing cache is fine', () => {
  expect(() => boundCompiled(join(folder, 'none'), 3)).not.toThrow();
});
