import type { TaskVerdict } from '@backend-labs/protocol';
import { describe, expect, test } from 'vitest';
import { gradeTasks, scoreOf } from '../src/judge/score.ts';
import { html, text } from '../src/report/html.ts';
import { interviewQuestions } from '../src/report/interview.ts';
import { prose } from '../src/report/prose.ts';
import { passed, point, reportOf, resultOf, wordsOf } from './support/report.ts';

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

test('interview questions follow what the submission did, and say from where they come', () => {
  const page = `# Questions
- Any question?
- (check-then-act, 2.2) What happens between the look and the write?
- (1) How did you show it?
- (3.1) Why is this one wrong,
  and when?
- (9) Never asked.
`;
  const lessons = ['check-then-act'];
  const result = resultOf([
    passed('1.1'),
    point('2.1', { lessons }),
    point('2.2'),
    point('3.1'),
    point('3.2', { lessons }),
  ]);
  const questions = interviewQuestions(page, result);
  expect(questions).toEqual([
    {
      text: 'What happens between the look and the write?',
      from: 'From points 2.1, 2.2 and 3.2, not passed.',
    },
    { text: 'Why is this one wrong, and when?', from: 'From point 3.1, not passed.' },
    { text: 'How did you show it?', from: 'From task 1, passed.' },
    { text: 'Any question?', from: 'For every candidate.' },
  ]);
  expect(wordsOf(reportOf({ questions }))).toContain('How did you show it? From task 1, passed.');
});
