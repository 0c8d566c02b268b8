import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

const ROOT = resolve(import.meta.dirname, '../..');

interface Workflow {
  readonly jobs: Record<
    string,
    { readonly strategy?: { matrix: object }; readonly steps: { run?: string }[] }
  >;
}

test('the workflow verifies each lab in a job of its own, on each system that the README names', () => {
  const text = readFileSync(join(ROOT, '.github/workflows/ci.yml'), 'utf8');
  const { lab } = (parse(text) as Workflow).jobs;
  expect(lab?.strategy?.matrix).toEqual({
    os: ['ubuntu-latest', 'macos-latest'],
    lab: '${{ fromJSON(needs.list.outputs.labs) }}',
  });
  const commands = lab?.steps.flatMap(({ run }) => run ?? []);
  expect(commands).toContain('npm run labs -- verify ${{ matrix.lab }}');
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8').replaceAll(/\s+/gu, ' ');
  expect(readme).toContain('on Linux (x64, arm64) or macOS. On Windows, use WSL 2');
});
