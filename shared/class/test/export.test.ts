import { Ajv, type AnySchema } from 'ajv';
import { parse as parseCsv } from 'csv-parse/sync';
import { validate as validateCtrf } from 'ctrf';
import { describe, expect, test } from 'vitest';
import { convert } from 'xmlbuilder2';
import { parse as parseYaml } from 'yaml';
import { EXPORT_FORMATS, type Exported, type ExportOptions } from '../src/index.ts';
import type { ClassRecord } from '../src/records.ts';
import { ADA, ASSIGNMENT, COMMIT, graded, person, without } from './support/records.ts';
import { CLASSROOM50, GRADESCOPE, PRAIRIELEARN } from './support/schemas.ts';

const FULL = { '1.1': 'passed', '1.2': 'failed', '2.1': 'passed', '3.1': 'passed' } as const;
const BROKEN = { ...FULL, '2.1': 'not judged' } as const;

function exported(
  format: string,
  records: readonly ClassRecord[],
  options: ExportOptions = {},
): Exported {
  const exporter = EXPORT_FORMATS[format];
  if (!exporter) throw new TypeError(`there is no ${format}`);
  return exporter(records, options);
}

/** The one file of one record, parsed. */
function only(format: string, record: ClassRecord, options: ExportOptions = {}): unknown {
  const { files, left } = exported(format, [record], options);
  expect(left).toEqual([]);
  expect(files).toHaveLength(1);
  return JSON.parse(files[0]?.text ?? '');
}

function expectValid(schema: AnySchema, value: unknown): void {
  const ajv = new Ajv({ strict: false });
  const isValid = ajv.validate(schema, value);
  expect(ajv.errors ?? []).toEqual([]);
  expect(isValid).toBe(true);
}

describe('Gradescope', () => {
  test('has the mark, and a test for each point', () => {
    const late = { penalty: 0.4, submission: { lateSeconds: 7_300, dir: '/none' } };
    const results = only('gradescope', graded(ADA, FULL, late));
    expectValid(GRADESCOPE, results);
    expect(results).toMatchObject({
      score: 2.6,
      output: '2.6 of 4 points. It was 2 h late, which cost 0.4 points.',
      tests: [
        { number: '1.1', name: 'Sentence 1.1.', score: 1, max_score: 1, tags: ['task 1'] },
        { number: '1.2', score: 0, max_score: 1, output: 'Lesson: check-then-act.' },
        { number: '2.1', score: 1 },
        { number: '3.1', score: 1, tags: ['task 3', 'stretch'] },
      ],
    });
  });

  test('has no file for what was not judged', () => {
    const { files, left } = exported('gradescope', [graded(ADA, BROKEN)]);
    expect(files).toEqual([]);
    expect(left).toEqual([
      {
        assignment: 'week-3',
        student: 'ada-l',
        why: 'the machine or a server was at fault; grade it again',
      },
    ]);
  });
});

describe('PrairieLearn', () => {
  test('has a score from 0 to 1, and a test for each point', () => {
    const results = only('prairielearn', graded(ADA, FULL));
    expectValid(PRAIRIELEARN, results);
    expect(results).toMatchObject({
      gradable: true,
      score: 0.75,
      tests: [
        { name: '1.1', description: 'Sentence 1.1. (Task 1)', points: 1, max_points: 1 },
        { name: '1.2', points: 0, max_points: 1, message: 'Lesson: check-then-act.' },
        { name: '2.1' },
        { name: '3.1' },
      ],
    });
  });

  test.for([graded(ADA, BROKEN), without(ADA, 'not judged')])(
    'says that a fault of the machine is not gradable, and gives no score (%#)',
    (record) => {
      const results = only('prairielearn', record);
      expectValid(PRAIRIELEARN, results);
      expect(results).toEqual({ gradable: false, format_errors: [expect.any(String)] });
    },
  );
});

describe('Classroom 50', () => {
  test('has the links, the instants and whole points', () => {
    const results = only('classroom50', graded(ADA, FULL, { penalty: 0.4 }));
    expectValid(CLASSROOM50, results);
    expect(results).toMatchObject({
      classroom: 'autumn',
      assignment: 'week-3',
      owner: 'ada-l',
      submission: 'submit/2026-12-01T17-12-05Z-a1b2c3d',
      commit: `https://git.example.org/course/autumn-week-3-ada-l/commit/${COMMIT}`,
      release:
        'https://git.example.org/course/autumn-week-3-ada-l/releases/tag/submit%2F2026-12-01T17-12-05Z-a1b2c3d',
      datetime: '2026-12-01T17:12:05Z',
      graded_at: '2026-12-02T09:30:00Z',
      score: 3,
      'max-score': 4,
    });
    expect(results).toMatchObject({
      tests: [
        { 'test-name': '1.1 Sentence 1.1.', passed: true, score: 1, 'max-score': 1 },
        { passed: false, score: 0, 'max-score': 1 },
        {},
        {},
      ],
    });
  });

  test('has 0 of 0 points and no tests for what was not judged', () => {
    const results = only('classroom50', graded(ADA, BROKEN));
    expectValid(CLASSROOM50, results);
    expect(results).toMatchObject({ score: 0, 'max-score': 0, tests: [] });
  });

  test.for([
    [{}, 'autumn', 'ada-l'],
    [{ repository: 'git@git.example.org:course/db-1-week-3-b-c.git' }, 'db-1', 'b-c'],
    [{ repository: 'ssh://git@git.example.org/course/x-week-3-y' }, 'x', 'y'],
  ] as const)('takes classroom and owner from the name of %j', ([more, classroom, owner]) => {
    const record = graded({ ...ADA, ...more }, FULL);
    expect(only('classroom50', record)).toMatchObject({ classroom, owner });
  });

  test.for([
    [{ repository: '/srv/ada' }, {}, 'it has no commit in a repository on the web'],
    [
      { repository: 'https://git.example.org/course/ada' },
      {},
      'its repository is not named <classroom>-<assignment>-<owner>',
    ],
    [{}, { classroom: 'spring' }, 'its repository is not named <classroom>-<assignment>-<owner>'],
  ] as const)('leaves out %j in %j', ([more, options, why]) => {
    const { files, left } = exported('classroom50', [graded({ ...ADA, ...more }, FULL)], options);
    expect(files).toEqual([]);
    expect(left).toEqual([{ assignment: 'week-3', student: 'ada-l', why }]);
  });
});

describe('CTRF', () => {
  test('is a report that its own library accepts, and counts what was not judged as other', () => {
    const report = only('ctrf', graded(ADA, BROKEN));
    expect(validateCtrf(report)).toMatchObject({ valid: true, errors: [] });
    expect(report).toMatchObject({
      results: {
        summary: { tests: 4, passed: 2, failed: 1, skipped: 0, pending: 0, other: 1 },
        tests: [
          { name: '1.1 Sentence 1.1.', status: 'passed', suite: [ASSIGNMENT.title, '1 Task 1'] },
          { status: 'failed', extra: { lessons: ['check-then-act'] } },
          { status: 'other', rawStatus: 'not judged' },
          { status: 'passed' },
        ],
        environment: { healthy: false, commit: COMMIT },
      },
    });
  });
});

describe('a mark that a person has set for what was not judged', () => {
  const mark = { points: 3, of: 4, penalty: 0, overridden: true };

  test.for(['gradescope', 'prairielearn', 'classroom50'])(
    'counts in %s, and no point is a zero',
    (format) => {
      const results = only(format, graded(ADA, BROKEN, { mark }));
      expectValid(
        { gradescope: GRADESCOPE, prairielearn: PRAIRIELEARN, classroom50: CLASSROOM50 }[format] ??
          {},
        results,
      );
      expect(results).toMatchObject({ score: format === 'prairielearn' ? 0.75 : 3 });
      const zeros = JSON.stringify(results).match(/"(?:score|points)":0[,}]/gu);
      expect(zeros).toHaveLength(1);
    },
  );

  test('counts where there is no result', () => {
    expect(only('gradescope', { ...without(ADA, 'no submission'), mark })).toMatchObject({
      score: 3,
      output: '3 of 4 points. A person has set this mark.',
      tests: [],
    });
  });
});

describe('JUnit', () => {
  test('has a suite for each student, and an error for what was not judged', () => {
    const bob = person('bob', 'Bob <b> & "co" \u0000\uFFFE');
    const records = [
      graded(ADA, FULL),
      graded(bob, BROKEN),
      without(person('cy-1', 'Cy'), 'queued'),
    ];
    const { files, left } = exported('junit', records);
    expect(files.map(({ path }) => path)).toEqual(['week-3.xml']);
    expect(left).toEqual([{ assignment: 'week-3', student: 'cy-1', why: 'it is queued' }]);
    const xml = files[0]?.text ?? '';
    expect(xml).toContain('name="bob Bob &lt;b&gt; &amp; &quot;co&quot; \uFFFD\uFFFD"');
    expect(convert(xml, { format: 'object' })).toMatchObject({
      testsuites: {
        testsuite: [
          { '@name': 'ada-l Ada Lovelace', '@tests': '4', '@failures': '1', '@errors': '0' },
          {
            '@errors': '1',
            testcase: [
              { '@name': '1.1 Sentence 1.1.' },
              { failure: { '@type': 'check-then-act', '@message': 'Lesson: check-then-act.' } },
              { error: { '@type': 'not judged' } },
              {},
            ],
          },
        ],
      },
    });
  });
});

describe('CSV', () => {
  const tables = (records: readonly ClassRecord[]) =>
    exported('csv', records).files.map(({ text }) => parseCsv(text));

  test('has an empty cell, and no zero, where there is no mark', () => {
    const zero = { '1.1': 'failed' } as const;
    const [gradebook] = tables([
      graded(ADA, FULL),
      graded(person('bob-1', 'Bob'), zero),
      graded(person('cy-1', 'Cy'), BROKEN),
      without(person('di-1', 'Di'), 'no submission'),
    ]);
    expect(gradebook).toEqual([
      ['Student ID', 'Name', 'Email', 'Idempotent retries'],
      ['ada-l', 'Ada Lovelace', 'ada@example.org', '3'],
      ['bob-1', 'Bob', '', '0'],
      ['cy-1', 'Cy', '', ''],
      ['di-1', 'Di', '', ''],
    ]);
  });

  test('shows how each mark came about', () => {
    const late = { lateSeconds: 9_000, commit: COMMIT, dir: '/none' };
    const [, marks] = tables([graded(ADA, FULL, { penalty: 0.4, submission: late })]);
    expect(marks?.[1]?.join('|')).toBe(
      `ada-l|Ada Lovelace|ada@example.org|week-3|Idempotent retries|graded|2.6|4|2.5|0.4||${COMMIT}|2026-12-02T09:30:00.000Z`,
    );
  });

  test.for(['=HYPERLINK("http://x")', '+1', '-2+3', '@SUM(A1)', '\tx', '\r=1'])(
    'keeps a spreadsheet from running %j',
    (name) => {
      for (const { text } of exported('csv', [graded(person('eve', name), FULL)]).files) {
        const row = parseCsv(text)[1];
        expect(row?.[1]).toBe(`'${name}`);
      }
    },
  );
});

describe('the workflow', () => {
  interface Step {
    readonly name?: string;
    readonly uses?: string;
    readonly run?: string;
    readonly env?: Readonly<Record<string, string>>;
    readonly with?: Readonly<Record<string, unknown>>;
  }
  const [file] = exported('github-workflow', []).files;
  const workflow = parseYaml(file?.text ?? '') as {
    permissions: object;
    jobs: { grade: { permissions: object; steps: Step[] } };
  };
  const { permissions, steps } = workflow.jobs.grade;

  test('may only read, and pins every action to a commit', () => {
    expect(file?.path).toBe('.github/workflows/grade.yml');
    expect(workflow.permissions).toEqual({});
    expect(permissions).toEqual({ contents: 'read' });
    const actions = steps.flatMap(({ uses }) => uses ?? []);
    expect(actions.length).toBeGreaterThan(3);
    for (const action of actions) expect(action).toMatch(/^actions\/[a-z-]+@[0-9a-f]{40}$/u);
  });

  test('leaves no credentials in a checkout, and puts no input into a script', () => {
    const checkouts = steps.filter(({ uses }) => uses?.startsWith('actions/checkout@'));
    expect(checkouts).toHaveLength(3);
    for (const { with: settings } of checkouts) {
      expect(settings).toMatchObject({ 'persist-credentials': false });
    }
    for (const { run } of steps) expect(run ?? '').not.toContain('${{');
  });

  test('gives no secret to the step that runs the student’s code', () => {
    const grading = steps.find(({ name }) => name === 'Grade');
    expect(grading?.run).toContain('npm run labs -- grade ../student');
    expect(JSON.stringify(grading)).not.toContain('secrets.');
    const secret = steps.filter((step) => JSON.stringify(step).includes('secrets.'));
    expect(secret.map(({ name }) => name)).toEqual([
      "Get the student's repository",
      'Get the key that signs',
    ]);
  });
});
