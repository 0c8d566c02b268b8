import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { digestOf } from '../src/proof/digest.ts';
import { readProof, writeProof, type ProofRecord } from '../src/proof/record.ts';
import { sampleOf } from '../src/proof/sample.ts';

/** A lock file in which a lab, another lab and the testkit have packages of their own. */
const lock = (pg: string, other = '1.0.0', deep = '2.0.0') => `
importers:
  labs/90-toy:
    dependencies:
      pg: { specifier: 'catalog:', version: ${pg} }
      '@backend-labs/testkit': { specifier: 'workspace:*', version: 'link:../../shared/testkit' }
  labs/91-other:
    dependencies:
      other: { specifier: 'catalog:', version: ${other} }
snapshots:
  pg@${pg}:
    dependencies: { pg-protocol: ${deep} }
  pg-protocol@${deep}: {}
  other@${other}: {}
`;

let root = '';
const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
};
const digest = (): string => digestOf(root, { dir: join(root, 'labs/90-toy') });

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'labs-proof-'));
  write('pnpm-lock.yaml', lock('8.23.1'));
  write('shared/testkit/src/index.ts', 'export {};\n');
  write('labs/90-toy/src/app.ts', 'one\ntwo\n');
  write('labs/90-toy/tests/1-first.test.ts', 'test\n');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('the digest of a lab', () => {
  test.each([
    ['its starter', 'labs/90-toy/src/app.ts'],
    ['a file with a dot', 'labs/90-toy/.dockerignore'],
    ['its tests', 'labs/90-toy/tests/1-first.test.ts'],
    ['its ticket', 'labs/90-toy/README.md'],
    ['a new patch', 'labs/90-toy/misconceptions/naive/change.patch'],
    ['the testkit', 'shared/testkit/src/index.ts'],
    ['a server’s settings', 'infra/postgres/postgresql.conf'],
  ])('changes with %s', (_what, path) => {
    const before = digest();
    write(path, 'changed\n');
    expect(digest()).not.toBe(before);
  });

  test.each([
    ['its hints', 'labs/90-toy/hints.md'],
    ['its variants', 'labs/90-toy/variants/order/oldest-first.patch'],
    ['its questions', 'labs/90-toy/interview.md'],
    ['its proof', 'labs/90-toy/proof.json'],
    ['its packages', 'labs/90-toy/node_modules/pg/index.js'],
    ['another lab', 'labs/91-other/src/app.ts'],
    ['the command', 'shared/cli/src/main.ts'],
    ['a unit test of the testkit', 'shared/testkit/test/x.test.ts'],
  ])('stays with %s', (_what, path) => {
    const before = digest();
    write(path, 'changed\n');
    expect(digest()).toBe(before);
  });

  test.each([
    ['changes with a package of its own', lock('9.0.0'), false],
    ['changes with a package below its own', lock('8.23.1', '1.0.0', '3.0.0'), false],
    ['stays with a package of another lab', lock('8.23.1', '2.0.0'), true],
  ])('%s', (_what, text, stays) => {
    const before = digest();
    write('pnpm-lock.yaml', text);
    expect(digest() === before).toBe(stays);
  });

  test('does not depend on line ends', () => {
    const before = digest();
    write('labs/90-toy/src/app.ts', 'one\r\ntwo\r\n');
    expect(digest()).toBe(before);
  });
});

describe('the record', () => {
  const record: ProofRecord = {
    proof: 1,
    digest: 'abc',
    points: { proven: ['1.1'], unproven: [] },
    misconceptions: { sound: 1, of: 1 },
    solutions: { sound: 2, of: 2 },
    designs: { sound: 0, of: 0 },
    runs: 1,
  };

  test('comes back as it was written', () => {
    const lab = { dir: join(root, 'labs/90-toy') };
    writeProof(lab, record);
    expect(readProof(lab)).toEqual(record);
  });

  test.each(['', '{', '[]', '{"proof":2}', '{"proof":1,"digest":7}'])(
    'that cannot be understood is none: %s',
    (text) => {
      write('labs/90-toy/proof.json', text);
      expect(readProof({ dir: join(root, 'labs/90-toy') })).toBeUndefined();
    },
  );
});

describe('a sample', () => {
  const names = [
    'starter',
    'solutions/reference',
    'solutions/other',
    'designs/slow-poll',
    ...Array.from({ length: 20 }, (_, at) => `misconceptions/m${at}`),
  ];

  test('has the starter, a solution, a design and three misconceptions', () => {
    const kinds = sampleOf(names, 'a').map((name) => name.split('/')[0]);
    expect(kinds).toEqual([
      'starter',
      'solutions',
      'designs',
      'misconceptions',
      'misconceptions',
      'misconceptions',
    ]);
  });

  test('is the same for the same seed, and in time every row is drawn', () => {
    expect(sampleOf(names, 'a')).toEqual(sampleOf(names, 'a'));
    const seen = new Set(
      Array.from({ length: 100 }, (_, seed) => sampleOf(names, String(seed))).flat(),
    );
    expect(seen).toEqual(new Set(names));
  });
});
