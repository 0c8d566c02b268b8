import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Lab } from '@backend-labs/catalog';
import { afterAll, expect, test } from 'vitest';
import { generate } from '../src/generate.ts';
import { typeFaults } from '../src/type-faults.ts';

const ROOT = join(import.meta.dirname, '../../..');
const home = mkdtempSync(join(tmpdir(), 'labs-generate-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

function write(path: string, text: string): void {
  const file = join(home, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

write('lab/src/app.ts', 'export const limit: number = 1;\n');
write('lab/src/migrate.ts', 'export const two = 2;\n');
write('lab/src/app.test.ts', 'export const three = 3;\n');
write('lab/src/sandbox/provider.ts', 'export const four = 4;\n');
write('lab/migrations/001.sql', '-- no transaction\nDROP INDEX CONCURRENTLY i;\n');
write('other/src/migrate.ts', 'export const two = 2;\n');
const OTHER = { dir: join(home, 'other') } as Lab;

test('code and migrations are mutated; what other labs have too, tests and sandboxes are not', async () => {
  const { mutants, faults } = await generate(join(home, 'lab'), [OTHER]);
  expect(faults).toEqual([]);
  expect(mutants.map(({ file, line, operator, text }) => [file, line, operator, text])).toEqual([
    ['migrations/001.sql', 2, 'drop-concurrently', '-- no transaction\nDROP INDEX i;\n'],
    ['migrations/001.sql', 2, 'drop-statement', '-- no transaction\nSELECT 1;\n'],
    ['migrations/001.sql', 1, 'drop-no-transaction', 'DROP INDEX CONCURRENTLY i;\n'],
    ['src/app.ts', 1, 'number+1', 'export const limit: number = 2;\n'],
  ]);
});

test('the compiler refuses mutants; one that cannot be parsed hides no other', async () => {
  const dir = join(home, 'typed');
  write('typed/package.json', '{ "type": "module" }\n');
  write('typed/src/a.ts', 'export const a = 1;\n');
  const of = (id: string, text: string) => ({
    id,
    text,
    kind: 'typescript' as const,
    file: 'src/b.ts',
    line: 1,
    operator: 'x',
    was: '',
    now: '',
    at: 0,
  });
  const faults = await typeFaults(ROOT, dir, [
    of('sound', `import { a } from './a.ts';\nexport const b: number = a;\n`),
    of('mistyped', `import { a } from './a.ts';\nexport const b: string = a;\n`),
    of('unparsed', 'if (true);\nelse else\n'),
  ]);
  expect([...faults].toSorted()).toEqual(['mistyped', 'unparsed']);
});
