import type { Rule } from './consumer-contract.ts';

type Rules = Readonly<Record<string, Rule>>;

/**
 * Where a JSON value is not as expected. Objects may have more fields.
 *
 * @param at the place, as rules name it: `$.items[*].id`.
 */
export function differences(expected: unknown, actual: unknown, rules: Rules, at = '$'): string[] {
  const [want, have] = [kindOf(expected), kindOf(actual)];
  if (want !== have) return [`${at} is ${have}, not ${want}`];
  if (Array.isArray(expected)) return listDifferences(expected, actual as unknown[], rules, at);
  if (want === 'object') {
    const given = actual as Readonly<Record<string, unknown>>;
    return Object.entries(expected as object).flatMap(([name, value]) =>
      Object.hasOwn(given, name)
        ? differences(value, given[name], rules, `${at}.${name}`)
        : [`${at}.${name} is missing`],
    );
  }
  if (rules[at] === 'type' || expected === actual) return [];
  return [`${at} is ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`];
}

function listDifferences(
  expected: readonly unknown[],
  actual: readonly unknown[],
  rules: Rules,
  at: string,
): string[] {
  if (rules[at] === 'each') {
    if (actual.length === 0) return [`${at} is empty`];
    return actual.flatMap((each) => differences(expected[0], each, rules, `${at}[*]`));
  }
  if (actual.length !== expected.length) {
    return [`${at} has ${actual.length} elements, not ${expected.length}`];
  }
  return expected.flatMap((each, index) => differences(each, actual[index], rules, `${at}[*]`));
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
