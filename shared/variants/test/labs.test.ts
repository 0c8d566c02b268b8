import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { readCatalog } from '@backend-labs/catalog';
import { expect, test } from 'vitest';
import { combinations, draw, hasVariants, labIn, readSpec, writeVariant } from '../src/index.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const LABS = readCatalog(ROOT).labs.filter(hasVariants);

test('labs 01 and 07 have variants, with two choices and three skins', () => {
  expect(LABS.map(({ number }) => number)).toEqual(expect.arrayContaining([1, 7]));
  for (const lab of LABS) {
    const { choices, words } = readSpec(lab);
    expect(Object.keys(choices).length, `choices of ${lab.id}`).toBeGreaterThanOrEqual(2);
    expect(words.skins.length, `skins of ${lab.id}`).toBeGreaterThanOrEqual(3);
  }
});

const EACH = LABS.flatMap((lab) => {
  const spec = readSpec(lab);
  // The skins in turn: each is tried at least once.
  return combinations(spec).map((options, at) => {
    const skin = spec.words.skins[at % spec.words.skins.length]?.name ?? '';
    const name = `${skin}, ${Object.values(options).join(', ')}`;
    return [lab.id, name, lab, { ...draw(lab.id, spec, String(at)), skin, options }] as const;
  });
});

test.each(EACH)('the patches of %s apply: %s', async (id, _name, lab, drawn) => {
  const home = mkdtempSync(join(tmpdir(), 'labs-variant-'));
  try {
    await writeVariant({ lab, drawn, to: labIn(home, lab), format: () => Promise.resolve() });
    const { labs, broken } = readCatalog(home);
    expect([...broken.values()]).toEqual([]);
    expect(labs.map((made) => made.id)).toEqual([id]);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});
