import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { digestOf } from '../src/proof/digest.ts';
import { readProof, writeProof, type ProofRecord } from '../src/proof/record.ts';
import { sampleOf } from '../src/proof/sample.ts';
import { readSuites, suiteDigests, unitTestFiles, writeSuites } from '../src/proof/suites.ts';

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
const digest = (): string =>
  digestOf(root, { dir: join(root, 'labs/90-toy'), servers: ['postgres'] });

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
    ['the settings of a server that it names', 'infra/postgres/postgresql.conf'],
    ['the code that leases it', 'shared/stack/src/servers/postgres/leases.ts'],
    ['the code that leases any server', 'shared/stack/src/servers/leases.ts'],
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
    ['the settings of another server', 'infra/kafka/server.properties'],
    ['the code that leases another server', 'shared/stack/src/servers/kafka/leases.ts'],
    ['the prose rules', 'infra/prose/phrases.ts'],
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

  test.each(['a', 'b', 'c', 'd'])(
    'has the starter, what must pass, and two misconceptions: seed %s',
    (seed) => {
      const kinds = sampleOf(names, seed).map((name) => name.split('/')[0]);
      expect(kinds).toEqual([
        'starter',
        expect.stringMatching(/^(?:solutions|designs)$/u),
        'misconceptions',
        'misconceptions',
      ]);
    },
  );

  test('is the same for the same seed, and in time every row is drawn', () => {
    expect(sampleOf(names, 'a')).toEqual(sampleOf(names, 'a'));
    const seen = new Set(
      Array.from({ length: 100 }, (_, seed) => sampleOf(names, String(seed))).flat(),
    );
    expect(seen).toEqual(new Set(names));
  });
});

describe('the unit tests of a package', () => {
  const suite = (name: string): string | undefined => suiteDigests(root).get(name);

  beforeEach(() => {
    for (const name of ['stack', 'grader']) {
      for (const file of ['a', 'b', 'c']) write(`shared/${name}/test/${file}.test.ts`, 'test\n');
    }
    write('infra/test/line-ends.test.ts', 'test\n');
  });

  test.each([
    ['stack', 'a test of its own', 'shared/stack/test/a.test.ts'],
    ['stack', 'a support file of its tests', 'shared/stack/test/support/folder.ts'],
    ['stack', 'its code', 'shared/stack/src/index.ts'],
    ['stack', 'a package that it needs', 'shared/protocol/src/index.ts'],
    ['stack', 'the settings of a server', 'infra/kafka/server.properties'],
    ['grader', 'a lab', 'labs/91-other/src/app.ts'],
    ['grader', 'a file with a dot in a lab', 'labs/91-other/.dockerignore'],
    ['grader', 'any package', 'shared/cli/src/main.ts'],
  ])('%s: have to run again after a change of %s', (name, _what, path) => {
    const before = suite(name);
    write(path, 'changed\n');
    expect(suite(name)).not.toBe(before);
  });

  test.each([
    ['stack', 'a lab', 'labs/91-other/src/app.ts'],
    ['stack', 'a test of another package', 'shared/grader/test/a.test.ts'],
    ['stack', 'the command', 'shared/cli/src/main.ts'],
    ['grader', 'a test of another package', 'shared/stack/test/a.test.ts'],
    ['grader', 'the proof of a lab', 'labs/91-other/proof.json'],
  ])('%s: need not run again after a change of %s', (name, _what, path) => {
    const before = suite(name);
    write(path, 'changed\n');
    expect(suite(name)).toBe(before);
  });

  test('run one file of a proven package, and each file in time', () => {
    const drawn = (seed: string) => unitTestFiles(root, new Set(['stack']), seed);
    expect(drawn('a')).toEqual(drawn('a'));
    for (const seed of ['a', 'b', 'c']) {
      expect(drawn(seed).filter((path) => path.startsWith('shared/stack/'))).toHaveLength(1);
      expect(drawn(seed).filter((path) => !path.startsWith('shared/stack/'))).toEqual([
        'infra/test/line-ends.test.ts',
        'shared/grader/test/a.test.ts',
        'shared/grader/test/b.test.ts',
        'shared/grader/test/c.test.ts',
      ]);
    }
    const seen = new Set(Array.from({ length: 50 }, (_, seed) => drawn(String(seed))).flat());
    expect(seen.size).toBe(7);
  });

  test('have a record that comes back as it was written', () => {
    writeSuites(root, { stack: 'abc' });
    expect(readSuites(root)).toEqual({ stack: 'abc' });
  });

  test.each(['', '{', '[]', '{"proof":2,"suites":{}}', '{"proof":1,"suites":{"stack":7}}'])(
    'have no record if it cannot be understood: %s',
    (text) => {
      write('shared/proof.json', text);
      expect(readSuites(root)).toEqual({});
    },
  );
});
