import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compareWorks, type Comparison } from '../src/index.ts';
import { tokensOf } from '../src/similarity/tokens.ts';
import { ROOT, Works, write } from './support/works.ts';

async function compared(works: Works): Promise<Comparison> {
  const [comparison] = await compareWorks(works.records, () => works.starter);
  if (!comparison) throw new TypeError('nothing was compared');
  return comparison;
}

const pairsOf = ({ pairs }: Comparison) =>
  pairs.map(({ left, right }) => `${left.student} ${right.student}`);

describe('tokens', () => {
  test('do not know names, comments or layout', () => {
    const one = tokensOf('a.ts', 'const sum = (a: number) => a + 1; // adds\n');
    const other = tokensOf(
      'b.ts',
      '/* one\nmore */ const\n  plus = (\nvalue: number) =>\n value + 2',
    );
    expect(one.tokens).toEqual(other.tokens);
  });

  test('know what is done', () => {
    const tokens = (code: string) => tokensOf('a.ts', code).tokens;
    expect(tokens('a + 1')).not.toEqual(tokens('a - 1'));
    expect(tokens('if (a) b()')).not.toEqual(tokens('while (a) b()'));
  });

  test('are words in SQL, on its own and in code', () => {
    const query = "select id from orders where state = 'open' -- all of them";
    const { tokens } = tokensOf('a.sql', query);
    expect(tokens).toEqual(['SELECT', 'ID', 'FROM', 'ORDERS', 'WHERE', 'STATE', '=', 'text']);
    expect(tokensOf('a.ts', `db.query(\`${query}\`)`).tokens.join(' ')).toContain(tokens.join(' '));
  });

  test('have their lines', () => {
    const { tokens, lines } = tokensOf('a.sql', 'select\n\n  1');
    expect(tokens.map((token, at) => `${token} ${lines[at]}`)).toEqual(['SELECT 1', 'number 3']);
  });
});

describe('two works', () => {
  const labs = readdirSync(join(ROOT, 'labs'));

  test.for(labs)('that are independent are not alike: the solutions of %s', async (lab) => {
    using works = new Works(lab);
    const names = readdirSync(join(ROOT, 'labs', lab, 'solutions'));
    for (const name of names.filter((each) => each !== 'shared')) {
      works.add(name, works.solution(name));
    }
    expect(works.records.length).toBeGreaterThan(1);
    expect(pairsOf(await compared(works))).toEqual([]);
  });

  test('that are the starter are not alike, and both have not changed it', async () => {
    using works = new Works('01-query-plans');
    works.add('ada');
    works.add('bob');
    expect(await compared(works)).toMatchObject({ pairs: [], unchanged: ['ada', 'bob'] });
  });

  test('are alike when one is the other, renamed and laid out in another way', async () => {
    using works = new Works('01-query-plans');
    works.add('ada', works.solution('reference'));
    const copy = works.add('bob', works.solution('reference'));
    works.add('cy', works.solution('status-by-status'));
    for (const name of readdirSync(join(copy, 'src'))) {
      const code = readFileSync(join(copy, 'src', name), 'utf8');
      write(copy, `src/${name}`, disguised(code));
    }
    const comparison = await compared(works);
    expect(pairsOf(comparison)).toEqual(['ada bob']);
    const [pair] = comparison.pairs;
    expect(pair?.share).toBeGreaterThan(0.9);
    expect(pair?.longest).toBeGreaterThan(150);
    expect(pair?.left.place).toMatch(/^(?:src|migrations)\/[a-z0-9-]+\.(?:ts|sql):\d+$/u);
  });

  test('are alike when one file of otherwise different works is the same', async () => {
    using works = new Works('03-oauth-scopes');
    const shared = join(ROOT, 'labs/03-oauth-scopes/solutions/shared/src/introspection.ts');
    for (const name of ['reference', 'the-database-decides']) {
      const dir = works.add(name, works.solution(name));
      write(dir, 'src/introspection.ts', readFileSync(shared, 'utf8'));
    }
    const { pairs } = await compared(works);
    expect(pairs).toHaveLength(1);
    expect(pairs[0]?.share).toBeLessThan(0.5);
    expect(pairs[0]?.left.place).toContain('src/introspection.ts:');
  });
});

test('a file that the parser does not survive is named, and the others are compared', async () => {
  using works = new Works('01-query-plans');
  works.add('ada', works.solution('reference'));
  const eve = works.add('eve', works.solution('reference'));
  write(
    eve,
    'src/a-deep-one.ts',
    `export const deep = ${'['.repeat(50_000)}${']'.repeat(50_000)};`,
  );
  const comparison = await compared(works);
  expect(comparison.unread).toEqual([{ student: 'eve', path: 'src/a-deep-one.ts' }]);
  expect(pairsOf(comparison)).toEqual(['ada eve']);
});

/** Other names, no comments, other layout: what a person does to hide a copy. */
function disguised(code: string): string {
  return code
    .replaceAll(/^\s*(?:\/\/|\/?\*).*$/gmu, '')
    .replaceAll(
      /\b(?<name>page|params|request|response|rows|row|client|pool)\b(?![:'`])/gu,
      'my_$<name>',
    )
    .replaceAll(/;\n/gu, ';\n\n  ')
    .replaceAll(/ {2}/gu, '\t');
}
