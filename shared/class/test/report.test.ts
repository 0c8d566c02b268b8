import { describe, expect, test } from 'vitest';
import { classReport, type Comparison } from '../src/index.ts';
import type { ClassRecord } from '../src/records.ts';
import { ADA, ASSIGNMENT, graded, person, without } from './support/records.ts';

const AT = '2026-12-03T08:00:00.000Z';
const [BOB, CY, DI, EVE] = [
  person('bob-1', 'Bob'),
  person('cy-1', 'Cy'),
  person('di-1', 'Di'),
  person('eve-1', 'Eve'),
] as const;

const RECORDS: readonly ClassRecord[] = [
  graded(ADA, { '1.1': 'passed', '2.1': 'passed' }),
  graded(BOB, { '1.1': 'failed', '2.1': 'failed' }),
  graded(CY, { '1.1': 'passed', '2.1': 'not judged' }),
  without(DI, 'no submission'),
  graded(
    EVE,
    { '1.1': 'passed', '2.1': 'failed' },
    { penalty: 0.2, submission: { lateSeconds: 7_200, dir: '/none' } },
  ),
];

const COMPARISON: Comparison = {
  assignment: ASSIGNMENT,
  pairs: [
    {
      left: { student: 'ada-l', share: 0.912, place: 'src/app.ts:12' },
      right: { student: 'eve-1', share: 0.5, place: 'src/server.ts:3' },
      share: 0.912,
      longest: 321,
    },
  ],
  unchanged: ['bob-1'],
  unread: [{ student: 'eve-1', path: 'src/deep.ts' }],
};

/** The page as a person reads it: without tags and with single spaces. */
function read(records: readonly ClassRecord[], comparisons: readonly Comparison[]): string {
  const page = classReport(records, { title: 'Backend', comparisons, at: AT });
  return page
    .replaceAll(/<style>[^]*?<\/style>|<[^>]+>/gu, ' ')
    .replaceAll(/\s+/gu, ' ')
    .replaceAll(/ (?=[,;:.)])|(?<=\() /gu, '');
}

describe('the report of a class', () => {
  const page = read(RECORDS, [COMPARISON]);

  test('has one line of numbers', () => {
    expect(page).toContain(
      '5 students · 1 assignment · 3 graded · 1 not judged · 2 not started · median mark 40 %',
    );
  });

  test('has students by their marks, and no zero for what was not judged', () => {
    expect(page).toContain('Student Task 1 Task 2 Mark Ada Lovelace ada-l 1 of 1 1 of 1 2 of 2');
    expect(page).toContain('Cy cy-1 1 of 1 not judged not judged');
    expect(page).toContain('Di di-1 – – no submission');
    expect(page.indexOf('Ada Lovelace ada-l')).toBeLessThan(page.indexOf('Eve eve-1'));
    expect(page.indexOf('Eve eve-1')).toBeLessThan(page.indexOf('Bob bob-1'));
  });

  test('names those who have not started, and those who are stuck', () => {
    expect(page).toContain('Di: Idempotent retries, no commit before the deadline');
    expect(page).toContain('Bob: Idempotent retries, no change to the starter');
    expect(page).toContain('1 student at task 2 of Idempotent retries, Task 2: Eve');
    expect(page).not.toContain('at task 1 of');
  });

  test('has the lessons by how many students met them', () => {
    expect(page).toContain('2 students met Check then act check-then-act in Idempotent retries');
    expect(page).toContain('1.1 Sentence 1.1. 2.1 Sentence 2.1. Bob, Eve');
  });

  test('has what was late, and what it cost', () => {
    expect(page).toContain('Eve: Idempotent retries, 2 h late, which cost 0.2 points');
  });

  test('has similar works as a hint for a person', () => {
    expect(page).toContain('A pair here is a hint for a person, never a verdict.');
    expect(page).toContain(
      'Ada Lovelace (91 %, src/app.ts:12) and Eve (50 %, src/server.ts:3); 321 tokens in one piece',
    );
    expect(page).toContain('Eve: src/deep.ts');
  });

  test('says so when there is nothing to say', () => {
    const calm = read([graded(ADA, { '1.1': 'passed' })], []);
    expect(calm).toContain('Everybody has started.');
    expect(calm).toContain('No test taught a lesson.');
    expect(calm).toContain('No two works are alike.');
  });
});

test('nothing of a student’s gets out of its text', () => {
  const evil = '"><script>alert(1)</script><img src=https://x.example>\u202E';
  const long = `${evil}${'x'.repeat(5_000)}`;
  const records = [graded(person('eve', long), { '1.1': 'failed' })];
  const place = { student: 'eve', share: 1, place: long };
  const comparison: Comparison = {
    assignment: { ...ASSIGNMENT, title: long },
    pairs: [{ left: place, right: place, share: 1, longest: 1 }],
    unchanged: [],
    unread: [{ student: 'eve', path: long }],
  };
  const page = classReport(records, { title: long, comparisons: [comparison], at: AT });
  expect(page).toContain('&lt;script&gt;alert(1)');
  expect(page).not.toMatch(/<script|<img|\u202E|x{200}/u);
});
