import { existsSync, readFileSync } from 'node:fs';
import { sandboxTrouble } from '@backend-labs/launcher';
import { findLab, readCatalog } from '@backend-labs/catalog';
import { describe, expect, test } from 'vitest';
import { frontPage } from '../src/pack/texts.ts';
import { checkPackages } from '../src/packages/check.ts';
import { Folder, ROOT } from './support/folder.ts';
import { Registry } from './support/registry.ts';
import { gradesOf, ToyPack } from './support/toy.ts';

const missing = (await sandboxTrouble())?.message;

type Texts = Readonly<Record<string, unknown>>;

const LOCKED = {
  version: '1.0.0',
  resolved: 'https://npm.example.com/tiny/-/tiny-1.0.0.tgz',
  integrity: 'sha512-x',
};

/** The files of a submission that names packages. */
function filesOf(dependencies: Texts, locked: Texts) {
  const lock = { lockfileVersion: 3, packages: { '': { dependencies }, ...locked } };
  const files = { 'package.json': { dependencies }, 'package-lock.json': lock };
  return new Map(
    Object.entries(files).map(([path, value]) => [path, Buffer.from(JSON.stringify(value))]),
  );
}

describe('new packages', () => {
  test.for([
    [{ tiny: '^1.0.0' }, { 'node_modules/tiny': LOCKED }],
    [
      { tiny: 'npm:@a/tiny@1' },
      { 'node_modules/tiny': LOCKED, 'node_modules/tiny/node_modules/@a/b': LOCKED },
    ],
    [{ tiny: 'latest' }, { 'node_modules/tiny': { version: '1.0.0', integrity: 'sha512-x' } }],
  ] as const)('of a registry are taken, from the grader’s own: %j', ([dependencies, locked]) => {
    const { lock } = checkPackages(filesOf(dependencies, locked));
    const taken = Object.keys(locked).map((place) => [
      place,
      { version: '1.0.0', integrity: 'sha512-x' },
    ]);
    const { '': _root, ...packages } = (JSON.parse(lock) as { packages: Texts }).packages;
    expect(packages).toEqual(Object.fromEntries(taken));
  });

  test.for([
    ['git+ssh://git@example.com/tiny.git'],
    ['github:someone/tiny'],
    ['someone/tiny'],
    ['file:../tiny'],
    ['..'],
    ['tiny.tgz'],
    ['https://example.com/tiny.tgz'],
    ['npm:tiny@https://example.com/x'],
  ] as const)('from %s are refused', ([spec]) => {
    const check = () => checkPackages(filesOf({ tiny: spec }, { 'node_modules/tiny': LOCKED }));
    expect(check).toThrow(`The new packages are refused: tiny comes from ${spec}. `);
  });

  test.for([
    ['a page', { 'node_modules/tiny': { ...LOCKED, resolved: 'https://example.com/t.tgz' } }],
    ['a file', { 'node_modules/tiny': { ...LOCKED, resolved: 'file:../-/tiny-1.0.0.tgz' } }],
    ['git', { 'node_modules/tiny': { ...LOCKED, resolved: 'git+https://example.com/t.git' } }],
    ['no checksum', { 'node_modules/tiny': { version: '1.0.0', resolved: LOCKED.resolved } }],
    ['a link', { 'node_modules/tiny': { ...LOCKED, link: true } }],
    ['a folder above', { '../tiny': LOCKED }],
    ['git for another', { 'node_modules/tiny': { ...LOCKED, dependencies: { b: 'a/b' } } }],
  ] as const)('whose lock file has %s are refused', ([, locked]) => {
    const check = () => checkPackages(filesOf({ tiny: '1.0.0' }, locked));
    expect(check).toThrow(expect.objectContaining({ code: 'BAD_PACKAGES' }));
  });

  test('without a lock file are refused', () => {
    const files = new Map([['package.json', Buffer.from('{}')]]);
    expect(() => checkPackages(files)).toThrow('it has no package-lock.json');
  });

  test('are in the rules of the pack', () => {
    const lab = findLab(readCatalog(ROOT), '01-query-plans');
    const assignment = { tasks: [1], ai: 'allowed' } as const;
    expect(frontPage(lab, assignment)).toContain('No other package is installed');
    expect(frontPage(lab, { ...assignment, newPackages: 'allowed' })).toContain(
      'You may add packages from the npm registry',
    );
  });
});

describe.skipIf(missing)('a submission with a new package', () => {
  const work = (lock: string) => ({
    'package.json': JSON.stringify({
      type: 'module',
      scripts: { start: 'node src/server.ts' },
      dependencies: { tiny: '1.0.0' },
    }),
    'package-lock.json': lock,
    'src/answer.ts': `import tiny from 'tiny';
      export const answer = (url) => url === '/hello' ? tiny.greeting : url.slice(6);`,
  });

  test('gets it if the pack allows that, and none of its scripts runs', async () => {
    using pack = new ToyPack('01-toy', [], undefined, { newPackages: 'allowed' });
    using to = new Folder();
    const mark = to.path('owned');
    await using registry = await Registry.open(mark);
    const result = await pack.grade(work(registry.lock), to);
    expect(gradesOf(result)).toBe('1.1 passed, 1.2 passed');
    expect(existsSync(mark)).toBe(false);
    expect(result.newDependencies).toEqual(['tiny']);
    expect(result.pack.newPackages).toBe('allowed');
    expect(readFileSync(to.path('report.html'), 'utf8')).toContain('<h2>New packages</h2>');
  });

  test('does not get it otherwise', async () => {
    using pack = new ToyPack();
    using to = new Folder();
    await using registry = await Registry.open(to.path('owned'));
    const result = await pack.grade(work(registry.lock), to);
    expect(gradesOf(result)).toBe('1.1 failed, 1.2 failed');
    expect(registry.requests).toEqual([]);
    expect(result.newDependencies).toEqual(['tiny']);
    expect(readFileSync(to.path('report.html'), 'utf8')).toContain('new package <code>tiny</code>');
  });

  test('whose checksum is wrong is refused', async () => {
    using pack = new ToyPack('01-toy', [], undefined, { newPackages: 'allowed' });
    using to = new Folder();
    await using registry = await Registry.open(to.path('owned'));
    const lock = registry.lock.replace(/sha512-.{9}/u, 'sha512-AAAAAAAAA');
    const grading = pack.grade(work(lock), to);
    await expect(grading).rejects.toMatchObject({ code: 'BAD_PACKAGES' });
  });
});
