import type { GradeResult, TaskVerdict } from '@backend-labs/protocol';
import { describe, expect, test } from 'vitest';
import { gradeTasks, scoreOf } from '../src/judge/score.ts';
import { html, text } from '../src/report/html.ts';
import { interviewQuestions } from '../src/report/interview.ts';
import { prose } from '../src/report/prose.ts';
import { passed, reportOf, resultOf } from './support/report.ts';

const verdict = (
  task: number,
  status: TaskVerdict['status'],
  points: readonly TaskVerdict['status'][],
): TaskVerdict => ({
  task,
  slug: 'x',
  title: 'X',
  stretch: false,
  status,
  points: points.map((each, at) => ({ id: `${task}.${at + 1}`, text: '', status: each })),
  tests: [],
  duration: 0,
});

describe('a score', () => {
  test('counts the points that passed', () => {
    const [task] = gradeTasks([verdict(1, 'failed', ['passed', 'failed', 'passed'])]);
    expect(task).toMatchObject({ grade: 'failed', score: { points: 2, of: 3 } });
  });

  test('is not given when the machine was at fault', () => {
    const [task] = gradeTasks([verdict(1, 'error', ['passed', 'error'])]);
    expect(task?.grade).toBe('not judged');
    expect(scoreOf(task?.points ?? [])).toBeUndefined();
  });

  test('of a task that waits for a failed one is nothing', () => {
    const [, second] = gradeTasks([
      verdict(1, 'failed', ['failed']),
      { ...verdict(2, 'waiting', ['waiting']), waitsFor: 1 },
    ]);
    expect(second).toMatchObject({ grade: 'failed', score: { points: 0, of: 1 } });
  });

  test('of a task that waits for one that was not judged is open', () => {
    const [, second] = gradeTasks([
      verdict(1, 'error', ['error']),
      { ...verdict(2, 'waiting', ['waiting']), waitsFor: 1 },
    ]);
    expect(second?.grade).toBe('not judged');
  });
});

describe('the page', () => {
  test('has every text escaped', () => {
    const evil = `"><script>alert('&')</script>`;
    expect(html`<p title="${evil}">${[html`<b>${evil}</b>`]}</p>`.source).toBe(
      '<p title="&quot;&gt;&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;">' +
        '<b>&quot;&gt;&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;</b></p>',
    );
  });

  test('shows what is between backticks as code, escaped as well', () => {
    expect(prose('From `!` to `<b>`, a ` b').source).toBe(
      'From <code>!</code> to <code>&lt;b&gt;</code>, a ` b',
    );
    const result = resultOf([passed('1.1', { text: 'Run `npm test`.' })]);
    expect(reportOf({ result })).toContain('Run <code>npm test</code>.');
  });

  test('has long texts cut, and control characters replaced', () => {
    expect(text('x'.repeat(1e6), 5)).toBe('xxxxx… (cut)');
    expect(text('a\u001b[2Jb\u202Ec', 20)).toBe('a\uFFFD[2Jb\uFFFDc');
  });
});

test('interview questions follow what the submission did', () => {
  const page = `# Questions
- Any question?
- (check-then-act) What happens between the look and the write?
- (3.1) Why is this one wrong,
  and when?
- (9) Never asked.
`;
  const point = { text: '', weight: 1, grade: 'failed' } as const;
  const tasks = [
    {
      task: 3,
      slug: '',
      title: '',
      stretch: false,
      grade: 'failed',
      points: [{ ...point, id: '3.1', lessons: ['check-then-act'] }],
    },
  ];
  expect(interviewQuestions(page, { tasks } as unknown as GradeResult)).toEqual([
    'What happens between the look and the write?',
    'Why is this one wrong, and when?',
    'Any question?',
  ]);
});
