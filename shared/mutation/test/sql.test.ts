import { describe, expect, test } from 'vitest';
import { mutateSql } from '../src/sql/mutate.ts';

/** Mutants of a statement by operator, each on one line. */
async function mutantsOf(sql: string): Promise<Record<string, string[]>> {
  const { mutants, faults } = await mutateSql(sql);
  expect(faults).toEqual([]);
  const byOperator = Object.groupBy(mutants, ({ operator }) => operator);
  return Object.fromEntries(
    Object.entries(byOperator).map(([operator, all = []]) => [operator, all.map(onOneLine)]),
  );
}

const onOneLine = ({ now }: { now: string }) => now.replaceAll(/\s+/gu, ' ').trim();

describe('each operator makes one mistake', () => {
  test.each([
    ['drop-conjunct', 'SELECT a FROM t WHERE a AND b', 'SELECT a FROM t WHERE b'],
    ['drop-condition', 'DELETE FROM t WHERE a IS NULL', 'DELETE FROM t'],
    ['drop-for-update', 'SELECT a FROM t FOR UPDATE SKIP LOCKED', 'SELECT a FROM t'],
    ['drop-skip-locked', 'SELECT a FROM t FOR UPDATE SKIP LOCKED', 'SELECT a FROM t FOR UPDATE'],
    ['drop-nowait', 'SELECT a FROM t FOR UPDATE NOWAIT', 'SELECT a FROM t FOR UPDATE'],
    ['flip-order-by', 'SELECT a FROM t ORDER BY a', 'SELECT a FROM t ORDER BY a DESC'],
    ['drop-order-by', 'SELECT a FROM t ORDER BY a', 'SELECT a FROM t'],
    ['drop-limit', 'SELECT a FROM t LIMIT 1', 'SELECT a FROM t'],
    ['drop-offset', 'SELECT a FROM t LIMIT 1 OFFSET 2', 'SELECT a FROM t LIMIT 1'],
    ['drop-distinct', 'SELECT DISTINCT a FROM t', 'SELECT a FROM t'],
    ['drop-group-by', 'SELECT 1 FROM t GROUP BY a, b', 'SELECT 1 FROM t GROUP BY b'],
    ['flip-union-all', 'SELECT 1 UNION SELECT 2', 'SELECT 1 UNION ALL SELECT 2'],
    ['join-on-true', 'SELECT FROM t JOIN u ON t.a = u.a', 'SELECT FROM t JOIN u ON true'],
    [
      'left-to-inner-join',
      'SELECT FROM t LEFT JOIN u ON t.a = u.a',
      'SELECT FROM t JOIN u ON t.a = u.a',
    ],
    ['drop-set a', 'UPDATE t SET a = 1, b = 2', 'UPDATE t SET b = 2'],
    ['drop-returning', 'DELETE FROM t RETURNING a, b', 'DELETE FROM t RETURNING b'],
    [
      'drop-on-conflict',
      'INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING',
      'INSERT INTO t VALUES (1)',
    ],
    [
      'update-to-do-nothing',
      'INSERT INTO t VALUES (1) ON CONFLICT (a) DO UPDATE SET a = excluded.a',
      'INSERT INTO t VALUES (1) ON CONFLICT (a) DO NOTHING',
    ],
    ['drop-begin', 'BEGIN', 'SELECT'],
    ['< to <=', 'SELECT a < b', 'SELECT a <= b'],
    ['drop-row-term', 'SELECT (a, b) < (c, d)', 'SELECT b < d'],
    ['= to <>', 'SELECT a IN (1)', 'SELECT a NOT IN (1)'],
    ['flip-is-null', 'SELECT a IS NULL', 'SELECT a IS NOT NULL'],
    ['drop-not', 'SELECT NOT a', 'SELECT a'],
    ['drop-disjunct', 'SELECT a OR b', 'SELECT b'],
    ['coalesce-to-one', 'SELECT coalesce(a, b)', 'SELECT a'],
    ['flip-greatest', 'SELECT greatest(a, b)', 'SELECT LEAST(a, b)'],
    ['unwrap-lower', 'SELECT lower(a)', 'SELECT a'],
    ['number+1', 'SELECT 7', 'SELECT 8'],
    ['number-1', 'SELECT 7', 'SELECT 6'],
    ['other-text', `SELECT 'pending'`, `SELECT 'pendingx'`],
    ['drop-unique', 'CREATE UNIQUE INDEX i ON t (a)', 'CREATE INDEX i ON t (a)'],
    ['drop-concurrently', 'CREATE INDEX CONCURRENTLY i ON t (a)', 'CREATE INDEX i ON t (a)'],
    ['drop-index-where', 'CREATE INDEX i ON t (a) WHERE b', 'CREATE INDEX i ON t (a)'],
    ['drop-index-column a', 'CREATE INDEX i ON t (a, b)', 'CREATE INDEX i ON t (b)'],
    ['swap-index-columns', 'CREATE INDEX i ON t (a, b)', 'CREATE INDEX i ON t (b, a)'],
    ['index-column-asc a', 'CREATE INDEX i ON t (a DESC)', 'CREATE INDEX i ON t (a)'],
    ['drop-include b', 'CREATE INDEX i ON t (a) INCLUDE (b)', 'CREATE INDEX i ON t (a)'],
    ['drop-if-exists', 'DROP INDEX IF EXISTS i', 'DROP INDEX i'],
    ['drop-constraint notnull a', 'CREATE TABLE t (a int NOT NULL)', 'CREATE TABLE t (a int)'],
    [
      'drop-constraint primary',
      'CREATE TABLE t (a int, b int, PRIMARY KEY (a, b))',
      'CREATE TABLE t (a int, b int)',
    ],
    [
      'drop-key-column a',
      'CREATE TABLE t (a int, b int, UNIQUE (a, b))',
      'CREATE TABLE t (a int, b int, UNIQUE (b))',
    ],
  ])('%s', async (operator, sql, now) => {
    const found = (await mutantsOf(sql))[operator];
    expect(found?.map(plain)).toContain(plain(now));
  });

  test('a branch of CASE, and its ELSE', async () => {
    const found = await mutantsOf('SELECT CASE WHEN a THEN b WHEN c THEN d ELSE e END');
    expect(found['drop-when']).toEqual([
      'SELECT CASE WHEN c THEN d ELSE e END',
      'SELECT CASE WHEN a THEN b ELSE e END',
    ]);
    expect(found['drop-else']).toEqual(['SELECT CASE WHEN a THEN b WHEN c THEN d ELSE NULL END']);
  });
});

/** The printer breaks lines inside brackets. */
function plain(sql: string): string {
  return sql.replaceAll(/\s*([(),])\s*/gu, '$1');
}

describe('parameters stay, whatever is dropped', () => {
  test.each([
    'SELECT a FROM t WHERE a = $1 AND (b, c) < ($2, $3) ORDER BY a LIMIT $4',
    'UPDATE t SET a = $1, b = coalesce(b, $2), c = CASE WHEN c THEN $3 ELSE c END WHERE d = $4',
    'INSERT INTO t (a) VALUES ($1) ON CONFLICT (a) DO UPDATE SET a = $2, b = $3 WHERE t.a = $4',
  ])('%s', async (sql) => {
    const { mutants } = await mutateSql(sql);
    expect(mutants.length).toBeGreaterThan(3);
    for (const { now } of mutants) {
      expect(new Set(now.match(/\$\d/gu))).toEqual(new Set(sql.match(/\$\d/gu)));
    }
  });

  test('a condition with one no longer selects', async () => {
    const found = await mutantsOf('DELETE FROM t WHERE id = $1');
    expect(found['drop-condition']).toEqual(['DELETE FROM t WHERE id = $1 OR true']);
  });

  test('a SET with one sets the column to itself', async () => {
    const found = await mutantsOf('UPDATE t SET a = $1, b = 2');
    expect(found['drop-set a']?.[0]).toContain('a = CASE WHEN false THEN $1 ELSE a END');
  });
});

test('a SET after a conflict names the table: the row that was refused has the column too', async () => {
  const found = await mutantsOf(
    'INSERT INTO t AS u (a) VALUES ($1) ON CONFLICT (a) DO UPDATE SET b = $2, c = 1',
  );
  expect(found['drop-set b']?.[0]).toContain('b = CASE WHEN false THEN $2 ELSE u.b END');
});

test('one statement of several changes, the others stand as they were, comments too', async () => {
  const text = `-- é first\nDROP INDEX CONCURRENTLY i;\n-- second\nDELETE  FROM t;\n`;
  const { mutants } = await mutateSql(text, { whole: true });
  expect(mutants.map(({ operator, sql, at }) => [operator, sql, text.slice(at, at + 4)])).toEqual([
    ['drop-concurrently', '-- é first\nDROP INDEX i;\n-- second\nDELETE  FROM t;\n', 'DROP'],
    ['drop-statement', '-- é first\nSELECT 1;\n-- second\nDELETE  FROM t;\n', 'DROP'],
    ['drop-statement', '-- é first\nDROP INDEX CONCURRENTLY i;\n-- second\nSELECT 1;\n', 'DELE'],
  ]);
});

test('text that Postgres would refuse is not changed', async () => {
  expect(await mutantsOf(`SELECT interval '1 ms'`)).toEqual({});
});
