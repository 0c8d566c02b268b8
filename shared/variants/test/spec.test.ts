import { expect, test } from 'vitest';
import { coveringSeeds, draw, hasVariants, readSpec, type VariantError } from '../src/index.ts';
import { SPEC, Toy } from './support/toy.ts';

test.each([
  ['no YAML', SPEC.replace('facts:', 'facts: ['), /^labs\/90-toy\/variant\.yaml:\d+: /u],
  [
    'a field that is unknown',
    SPEC.replace('    is: 50', '    value: 50'),
    /^labs\/90-toy\/variant\.yaml:\d+: facts\.limit/u,
  ],
  [
    'a fact without values',
    SPEC.replace('    values: [20, 30]\n', ''),
    /^labs\/90-toy\/variant\.yaml:3: facts\.limit: needs either `values`, or `from` and `to`\.$/u,
  ],
  [
    'one word that becomes two',
    SPEC.replace('order: booking', 'order: room booking'),
    /variant\.yaml:14: words\.skins\[1\]\.terms\.order: one word can't become several/u,
  ],
  [
    'a first skin with terms',
    SPEC.replace('- name: orders\n', '- { name: orders, terms: { shop: store } }\n'),
    /variant\.yaml:12: words\.skins\[0\]: must have no terms and texts/u,
  ],
  [
    'an axis with one option',
    SPEC.replace(/ {2}limits:[^]*/u, '  limits: [{ name: capped, refuses: [1.2] }]\n'),
    /variant\.yaml:26: choices\.limits: needs at least two options\.$/u,
  ],
  [
    'a point that the ticket lacks',
    SPEC.replace('- name: newest\n      refuses: [1.1]', '- name: newest\n      refuses: [1.9]'),
    /variant\.yaml:22: choices\.direction\[0\]\.refuses: the ticket has no point 1\.9\.$/u,
  ],
])('%s is one line with file, line and field', (_what, text, message) => {
  using toy = new Toy({ 'variant.yaml': text });
  expect(() => readSpec(toy.lab)).toThrow(message);
});

test('a lab without variants says so', () => {
  using toy = new Toy();
  const lab = { ...toy.lab, dir: toy.root };
  expect(hasVariants(lab)).toBe(false);
  expect(() => readSpec(lab)).toThrow('90-toy has no variants');
  const code: VariantError['code'] = 'NO_VARIANTS';
  expect(() => readSpec(lab)).toThrow(expect.objectContaining({ code }));
});

test('four seeds cover the four combinations of two choices', () => {
  using toy = new Toy();
  const spec = readSpec(toy.lab);
  const seeds = coveringSeeds('90-toy', spec, 'x', 4);
  const combinations = seeds.map((seed) => JSON.stringify(draw('90-toy', spec, seed).options));
  expect(new Set(combinations).size).toBe(4);
  expect(coveringSeeds('90-toy', spec, 'x', 9)).toHaveLength(9);
});
