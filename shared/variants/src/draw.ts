import { createHash } from 'node:crypto';
import type { Fact, Spec } from './spec.ts';

/** What sets one variant of a lab apart from the others. */
export interface Drawn {
  /** Name of the skin. */
  readonly skin: string;
  /** Fact → its value. */
  readonly facts: Readonly<Record<string, string | number>>;
  /** Axis → the name of its option. */
  readonly options: Readonly<Record<string, string>>;
}

/** Draws a variant. The same seed always draws the same one. */
export function draw(lab: string, spec: Spec, seed: string): Drawn {
  const below = (what: string, count: number) => {
    const bytes = createHash('sha256').update(`${lab}\0${seed}\0${what}`).digest();
    return bytes.readUIntBE(0, 6) % count;
  };
  const pick = <T>(what: string, from: readonly [T, ...T[]]): T =>
    from[below(what, from.length)] ?? from[0];
  const valueOf = (name: string, { is, values, from = 0, to = 0 }: Fact) => {
    if (!values) return from + below(`fact ${name}`, to - from + 1);
    const [first = is, ...others] = values;
    return pick(`fact ${name}`, [first, ...others]);
  };
  const own = ownOf(spec);
  const names = spec.words.skins.map(({ name }) => name);
  return {
    skin: pick('skin', [own.skin, ...names.slice(1)]),
    facts: mapValues(spec.facts, (fact, name) => valueOf(name, fact)),
    options: mapValues(spec.choices, ([first, ...others], axis) => {
      return pick(`choice ${axis}`, [first?.name ?? '', ...others.map(({ name }) => name)]);
    }),
  };
}

/** The lab as it is. */
export function ownOf({ words, facts, choices }: Spec): Drawn {
  return {
    skin: words.skins[0]?.name ?? '',
    facts: mapValues(facts, ({ is }) => is),
    options: mapValues(choices, ([first]) => first?.name ?? ''),
  };
}

/** Every combination of the choices' options. */
export function combinations({ choices }: Spec): Drawn['options'][] {
  return Object.entries(choices).reduce<Drawn['options'][]>(
    (all, [axis, options]) =>
      all.flatMap((others) => options.map(({ name }) => ({ ...others, [axis]: name }))),
    [{}],
  );
}

/**
 * Seeds whose variants cover the combinations of options as evenly as so many can, in the order in
 * which they were found among `<seed>-1`, `<seed>-2`, ….
 */
export function coveringSeeds(lab: string, spec: Spec, seed: string, count: number): string[] {
  const used = new Map(combinations(spec).map((options) => [keyOf(options), 0]));
  const seeds: string[] = [];
  for (let number = 1; seeds.length < count; number += 1) {
    const candidate = `${seed}-${number}`;
    const key = keyOf(draw(lab, spec, candidate).options);
    const times = used.get(key) ?? 0;
    if (times > Math.min(...used.values())) continue;
    used.set(key, times + 1);
    seeds.push(candidate);
  }
  return seeds;
}

function keyOf(options: Drawn['options']): string {
  return JSON.stringify(Object.entries(options));
}

function mapValues<V, R>(
  from: Readonly<Record<string, V>>,
  to: (value: V, key: string) => R,
): Record<string, R> {
  return Object.fromEntries(Object.entries(from).map(([key, value]) => [key, to(value, key)]));
}
