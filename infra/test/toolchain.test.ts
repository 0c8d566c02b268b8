import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
const read = (path: string): unknown => JSON.parse(readFileSync(join(ROOT, path), 'utf8'));

test('the bootstrap and package.json pin the same pnpm', () => {
  expect(read('package.json')).toMatchObject({
    packageManager: `pnpm@${(read('infra/toolchain.json') as { pnpm: { version: string } }).pnpm.version}`,
  });
});
