import { describe, expect, test } from 'vitest';
import { mutateSource } from '../src/typescript/mutate.ts';

/** The changed lines of each mutant with this operator. */
async function changesOf(source: string, operator: string): Promise<string[]> {
  const { mutants } = await mutateSource('src/x.ts', source);
  return mutants.filter((mutant) => mutant.operator === operator).map(({ text }) => text);
}

describe('SQL in strings', () => {
  test('keeps each ${…} where it was', async () => {
    const source = 'query(`SELECT ${COLUMNS} FROM t WHERE a = $1 AND b = ${value}`);';
    expect(await changesOf(source, 'drop-conjunct')).toEqual([
      'query(`SELECT ${COLUMNS}\nFROM t\nWHERE\n  (a = $1\n  OR true)\n  AND b = ${value}`);',
      'query(`SELECT ${COLUMNS}\nFROM t\nWHERE\n  a = $1`);',
    ]);
  });

  test('keeps a parameter whose number is counted', async () => {
    const source = 'conditions.push(`placed_at >= $${values.push(since)}`);';
    expect(await changesOf(source, '>= to >')).toEqual([
      'conditions.push(`placed_at > $${values.push(since)}`);',
    ]);
  });

  test('of columns in a constant is changed in its expressions', async () => {
    const source = `const ORDER_COLUMNS = 'id, lower(email) AS email';`;
    expect(await changesOf(source, 'unwrap-lower')).toEqual([
      'const ORDER_COLUMNS = `id, email AS email`;',
    ]);
  });

  test('that begins with a clause is a piece of a statement', async () => {
    const source = 'const page = `ORDER BY placed_at DESC, id LIMIT ${limit}`;';
    const [without] = await changesOf(source, 'drop-limit');
    expect(without).toBe('const page = `ORDER BY placed_at DESC, id`;');
  });

  test('has the line of what changes', async () => {
    const source = 'query(`SELECT ${\n  COLUMNS\n} FROM t\n WHERE a\n ORDER BY b`);';
    const { mutants } = await mutateSource('src/x.ts', source);
    const places = mutants.map(({ operator, at }) => [
      operator,
      source.slice(0, at).split('\n').length,
    ]);
    expect(places).toContainEqual(['drop-condition', 4]);
    expect(places).toContainEqual(['drop-order-by', 5]);
  });

  test('that is put together elsewhere is reported and left alone', async () => {
    const { mutants, faults } = await mutateSource(
      'src/x.ts',
      'query(`SELECT a FROM t ${filter} ${page}`);',
    );
    expect(mutants.filter(({ kind }) => kind === 'sql')).toEqual([]);
    expect(faults).toEqual([expect.stringContaining('syntax error')]);
  });

  test.each(['`<${url}>; rel="next"`', `'a=1; b=2'`, '`${path}?a=${b}`'])(
    '%s is not SQL',
    async (text) => {
      const { mutants, faults } = await mutateSource('src/x.ts', `f(${text});`);
      expect(mutants.filter(({ kind }) => kind === 'sql')).toEqual([]);
      expect(faults).toEqual([]);
    },
  );
});

describe('operators of our own', () => {
  test('drop an element, first and last', async () => {
    expect(await changesOf('f([a, b, c]);', 'drop-element')).toEqual([
      'f([b, c]);',
      'f([a, c]);',
      'f([a, b]);',
    ]);
    expect(await changesOf('f([a]);', 'drop-element')).toEqual([]);
  });

  test('drop a property', async () => {
    expect(await changesOf('f({ a, b: 1 });', 'drop-property')).toEqual([
      'f({ b: 1 });',
      'f({ a });',
    ]);
  });

  test('move a number by one, and never to a negative one', async () => {
    const source = 'const a: 5 = f(1, 60_000, { 7: 0 });';
    expect(await changesOf(source, 'number+1')).toEqual([
      'const a: 5 = f(2, 60_000, { 7: 0 });',
      'const a: 5 = f(1, 60001, { 7: 0 });',
      'const a: 5 = f(1, 60_000, { 7: 1 });',
    ]);
    expect(await changesOf(source, 'number-1')).toEqual(['const a: 5 = f(1, 59999, { 7: 0 });']);
  });

  test('remove a throw', async () => {
    expect(await changesOf('while (a) throw b;', 'remove-throw')).toEqual(['while (a) {}']);
  });
});

describe('Stryker', () => {
  test('changes conditions and the rest of the code', async () => {
    expect(await changesOf('if (a < b) c();', 'EqualityOperator')).toEqual([
      'if (a <= b) c();',
      'if (a >= b) c();',
    ]);
  });

  test.each([
    `log.info({ a: 'x' }, 'listening');`,
    `throw new HttpError(a, 'no such order');`,
    `throw badRequest('not json');`,
    `f(new SqlError('broken'));`,
    `f({ title: 'Gone' });`,
    `f('limit must be from 1 to 100');`,
    `import { a } from 'a';`,
    `type A = 'a' | 'b';`,
  ])('leaves the words alone in %s', async (source) => {
    expect(await changesOf(source, 'StringLiteral')).toEqual([]);
  });

  test('changes the words that a client sees', async () => {
    expect(await changesOf(`res.set('retry-after', '1');`, 'StringLiteral')).toHaveLength(2);
  });
});
