import { isDeepStrictEqual } from 'node:util';

const LONGEST = 80;
/** Characters shown before the first one that differs. */
const BEFORE = 20;

/**
 * Where two values first differ, on one line: `[12].name is "ada", expected "eva"`. `undefined` when
 * they are equal, or when the expected value holds a matcher of vitest's.
 */
export function firstDifference(actual: unknown, expected: unknown, path = ''): string | undefined {
  if (isDeepStrictEqual(actual, expected)) return undefined;
  if (isMatcher(expected)) return undefined;
  if (isPlain(actual) && isPlain(expected) && Array.isArray(actual) === Array.isArray(expected)) {
    for (const key of new Set([...Object.keys(actual), ...Object.keys(expected)])) {
      const at = Array.isArray(actual) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`;
      const found = firstDifference(actual[key], expected[key], at);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  const [is, was] = shown(actual, expected);
  return `${path === '' ? 'it' : path} is ${is}, expected ${was}`;
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === Object.prototype || prototype === null;
}

function isMatcher(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'asymmetricMatch' in value;
}

/** Both values as JSON, from shortly before the first character that differs. */
function shown(actual: unknown, expected: unknown): [string, string] {
  const [one, other] = [json(actual), json(expected)];
  let same = 0;
  while (same < one.length && one[same] === other[same]) same += 1;
  const from = Math.max(one.length, other.length) > LONGEST ? Math.max(0, same - BEFORE) : 0;
  return [part(one, from), part(other, from)];
}

function part(text: string, from: number): string {
  const end = from + LONGEST;
  return `${from > 0 ? '…' : ''}${text.slice(from, end)}${text.length > end ? '…' : ''}`;
}

function json(value: unknown): string {
  return typeof value === 'bigint' ? `${value}n` : (JSON.stringify(value) ?? String(value));
}
