import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { pointsByRegion, prelude, readHits } from '../src/coverage/hits.ts';
import { instrument, regionAt } from '../src/coverage/regions.ts';

const SOURCE = `import { argv } from 'node:process';
const twice = (n: number) => n * 2;
const never = () => ({ a: 1 });
function pick(n: number): string {
  if (n > 1) return 'many';
  else if (n === 1) return 'one';
  for (const each of []) never();
  switch (n) {
    case 0:
      return 'none';
    default:
      throw new Error('negative');
  }
}
console.log(pick(argv.length - 2), twice(1));
`;

test('an instrumented file does what it did, and tells which regions ran', () => {
  const dir = mkdtempSync(join(tmpdir(), 'labs-mutation-'));
  try {
    const hits = join(dir, 'hits');
    const { text, regions } = instrument('src/x.ts', SOURCE, prelude(hits));
    expect(text.split('\n')).toHaveLength(SOURCE.split('\n').length);
    writeFileSync(join(dir, 'x.ts'), text);
    const out = execFileSync(process.execPath, [join(dir, 'x.ts'), 'a'], { encoding: 'utf8' });
    expect(out).toBe('one 2\n');
    const ran = new Set(readHits(readFileSync(hits, 'utf8')).map(({ region }) => region));
    const runs = (piece: string) => {
      return ran.has(regionAt(regions, SOURCE.indexOf(piece))?.id ?? 'none');
    };
    expect(['argv.length', 'n * 2', 'n > 1', "return 'one'"].map(runs)).toEqual(
      Array(4).fill(true),
    );
    expect(['{ a: 1 }', "return 'many'", 'never();', "return 'none'", 'throw'].map(runs)).toEqual(
      Array(5).fill(false),
    );
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

test('a region belongs to the points whose tests were running when it ran', () => {
  const hits = readHits('src/x.ts#0 1000\nsrc/x.ts#1 1150\nsrc/x.ts#1 2100\nsrc/x.ts#2 1700\n');
  const tests = [
    { points: ['1.1'], began: 1100, duration: 500 },
    { points: ['1.2', '1.3'], began: 2000, duration: 500 },
  ];
  const found = pointsByRegion(hits, tests);
  expect([...found].map(([region, points]) => [region, [...points]])).toEqual([
    ['src/x.ts#0', []],
    ['src/x.ts#1', ['1.1', '1.2', '1.3']],
    ['src/x.ts#2', []],
  ]);
});
