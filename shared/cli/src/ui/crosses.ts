import type { Drawn } from '@backend-labs/variants';
import type { Cross } from '../variants/crosses.ts';
import { paint } from './style.ts';

/** A table: solutions of each variant under the tests of each, with the points that failed. */
export function renderCrosses(crosses: readonly Cross[]): string {
  const names = [...new Set(crosses.map(({ tests }) => nameOf(tests)))];
  const cellOf = (answer: string, tests: string) => {
    const cross = crosses.find(
      (each) => nameOf(each.answer) === answer && nameOf(each.tests) === tests,
    );
    if (!cross) return { text: '', sound: true };
    const text = cross.failed.length === 0 ? '✓' : `✗ ${cross.failed.join(' ')}`;
    return { text, sound: cross.problems.length === 0 };
  };
  const first = Math.max('solution of'.length, ...names.map(({ length }) => length));
  const widths = names.map((tests) =>
    Math.max(tests.length, ...names.map((answer) => cellOf(answer, tests).text.length)),
  );
  const problems = crosses.flatMap(({ answer, tests, problems: found }) =>
    found.map((line) => `a solution of ${nameOf(answer)}, tests of ${nameOf(tests)}: ${line}`),
  );
  return [
    paint(
      'bold',
      'A solution of each variant under the tests of each, with the points that it fails',
    ),
    `   ${'solution of'.padEnd(first)}  ${names.map((name, at) => name.padEnd(widths[at] ?? 0)).join('  ')}`.trimEnd(),
    ...names.map((answer) => {
      const cells = names.map((tests, at) => {
        const { text, sound } = cellOf(answer, tests);
        return paint(sound ? 'green' : 'red', text.padEnd(widths[at] ?? 0));
      });
      return `   ${answer.padEnd(first)}  ${cells.join('  ')}`.trimEnd();
    }),
    ...problems.map((line) => paint('red', `   ${line}`)),
    '',
  ].join('\n');
}

function nameOf(options: Drawn['options']): string {
  return Object.values(options).join(' + ');
}
