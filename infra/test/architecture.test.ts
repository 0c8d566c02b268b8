import { globSync, readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { parseSync } from 'oxc-parser';
import { describe, expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
const OURS = '@backend-labs/';

/** Which packages each folder may import. A folder that is not in this list may import none. */
const ARROWS: readonly { readonly from: RegExp; readonly to: readonly string[] }[] = [
  { from: /^shared\/protocol\//, to: [] },
  { from: /^shared\/catalog\//, to: ['protocol'] },
  { from: /^shared\/stack\//, to: ['protocol'] },
  { from: /^shared\/launcher\//, to: ['protocol'] },
  { from: /^shared\/testkit\//, to: ['launcher', 'protocol', 'stack'] },
  { from: /^shared\/runner\//, to: ['catalog', 'protocol', 'stack'] },
  { from: /^shared\/mutation\//, to: ['catalog', 'protocol', 'runner', 'stack'] },
  {
    from: /^shared\/grader\//,
    to: ['catalog', 'launcher', 'protocol', 'runner', 'stack'],
  },
  { from: /^shared\/variants\//, to: ['catalog', 'protocol'] },
  { from: /^shared\/class\//, to: ['catalog', 'grader', 'protocol', 'stack'] },
  { from: /^shared\/workbench\//, to: ['catalog', 'protocol', 'runner', 'stack'] },
  // What `labs new` makes is a lab.
  { from: /^shared\/cli\/skeleton\/tests\//, to: ['testkit'] },
  { from: /^shared\/cli\/skeleton\//, to: [] },
  {
    from: /^shared\/cli\//,
    to: [
      'catalog',
      'class',
      'grader',
      'launcher',
      'mutation',
      'protocol',
      'runner',
      'stack',
      'variants',
      'workbench',
    ],
  },
  { from: /^labs\/[^/]+\/tests\//, to: ['testkit'] },
  { from: /^labs\//, to: [] },
];

/** Tests of a lab ask the testkit's probes: they know leases, and tell the learner's mistakes from the server's. */
const CLIENTS = ['amqplib', 'ioredis', 'kafkajs', 'pg'];
const LAB_TESTS = /^(?:labs\/[^/]+|shared\/cli\/skeleton)\/tests\//;

/** Code that deals with learners' programs. */
const LAUNCHES =
  /^(?:shared\/(?:launcher|testkit|workbench|grader)\/src\/|shared\/cli\/src\/(?:serve|commands\/run)\.ts$|labs\/[^/]+\/tests\/)/;

/** Every import of a file, static, dynamic and type-only alike. */
function importsOf(file: string, source: string): string[] {
  const { module } = parseSync(file, source);
  const dynamic = module.dynamicImports.map(({ moduleRequest: { start, end } }) =>
    source.slice(start, end).replaceAll(/^['"`]|['"`]$/g, ''),
  );
  const reexports = module.staticExports.flatMap(({ entries }) =>
    entries.flatMap(({ moduleRequest }) => moduleRequest?.value ?? []),
  );
  return [
    ...module.staticImports.map(({ moduleRequest }) => moduleRequest.value),
    ...reexports,
    ...dynamic,
  ];
}

/** `protocol` for `@backend-labs/protocol/vitest`. */
function packageOf(target: string): string {
  return target.slice(OURS.length).split('/')[0] ?? '';
}

/** The arrows of a file that the design does not draw. */
function strayArrows(file: string, source: string): string[] {
  const allowed = ARROWS.find(({ from }) => from.test(file))?.to ?? [];
  // The service is a process of its own: its tests import none of it.
  const tests = LAB_TESTS.exec(file)?.[0];
  const home = tests ?? /^(shared|labs)\/[^/]+\//.exec(file)?.[0] ?? '';
  return [...new Set(importsOf(file, source))]
    .filter((target) => {
      if (target.startsWith(OURS)) return !allowed.includes(packageOf(target));
      if (!target.startsWith('.')) return tests !== undefined && CLIENTS.includes(target);
      return !relative(ROOT, resolve(ROOT, dirname(file), target)).startsWith(home);
    })
    .map((target) => `${file} imports ${target}`);
}

describe('architecture', () => {
  const files = globSync('{shared,labs}/*/**/*.ts', {
    cwd: ROOT,
    exclude: (path) => path.includes('node_modules'),
  }).filter((path) => !path.includes('node_modules'));

  test('only the arrows of the design are drawn', () => {
    expect(files.length).toBeGreaterThan(40);
    const stray = files.flatMap((file) =>
      strayArrows(file, readFileSync(resolve(ROOT, file), 'utf8')),
    );
    expect(stray).toEqual([]);
  });

  test("one place starts all of the learners' programs, with or without a sandbox", () => {
    const spawning = files
      .filter((file) => LAUNCHES.test(file))
      .filter((file) =>
        importsOf(file, readFileSync(resolve(ROOT, file), 'utf8')).includes('node:child_process'),
      );
    expect(spawning.toSorted()).toEqual([
      // It asks npm for the address of its registry.
      'labs/08-dockerizing/tests/support/registry.ts',
      // It starts git only.
      'shared/grader/src/git.ts',
      // It starts npm only, without scripts.
      'shared/grader/src/packages/install.ts',
      'shared/launcher/src/sandbox/available.ts',
      'shared/launcher/src/sandbox/box.ts',
      'shared/launcher/src/start-process.ts',
      // It starts no program of a learner's. It kills those that a dead command left.
      'shared/launcher/src/watchdog.ts',
    ]);
  });

  test.each([
    ['shared/catalog/src/x.ts', `import { ping } from '@backend-labs/stack';`],
    ['shared/stack/src/x.ts', `export * from '@backend-labs/testkit';`],
    ['shared/launcher/src/x.ts', `import { connectStack } from '@backend-labs/stack';`],
    ['shared/protocol/src/x.ts', `import { launch } from '@backend-labs/launcher';`],
    ['shared/runner/src/x.ts', `const kit = await import('@backend-labs/testkit');`],
    ['shared/runner/src/x.ts', `import { mutate } from '@backend-labs/mutation';`],
    ['shared/runner/src/x.ts', `import type { Lab } from '../../catalog/src/lab.ts';`],
    ['labs/01-query-plans/src/x.ts', `import { lesson } from '@backend-labs/testkit';`],
    ['labs/01-query-plans/tests/x.test.ts', `import { judge } from '@backend-labs/runner';`],
    ['labs/01-query-plans/tests/x.test.ts', `import { createApp } from '../src/app.ts';`],
    ['labs/01-query-plans/tests/support/x.ts', `import { Pool } from 'pg';`],
    ['labs/01-query-plans/solutions/reference/src/x.ts', `import '@backend-labs/stack';`],
  ])('%s may not say: %s', (file, source) => {
    expect(strayArrows(file, source)).toHaveLength(1);
  });
});
