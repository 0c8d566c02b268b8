import type {
  Failure,
  GradedPoint,
  GradedTask,
  Pack,
  TaskVerdict,
  TestVerdict,
} from '@backend-labs/protocol';
import { html, text, type Html } from './html.ts';
import { prose } from './prose.ts';

/** Characters of one of a candidate's texts, and lines of what a service wrote. */
const LONGEST = 1_500;
const MOST_LINES = 8;

type Starter = Pick<Pack, 'passedByStarter'>;

/** A task's points that did not pass: of each what the tests saw, and what it means. */
export function renderOpen(
  task: GradedTask,
  verdict: TaskVerdict | undefined,
  starter: Starter,
): Html {
  const open = task.points.filter(({ grade }) => grade !== 'passed');
  if (open.length === 0) return html``;
  const { trouble, waitsFor, tests = [] } = verdict ?? {};
  return html`<h3>${shownTask(task)}</h3>
    ${trouble ? html`<p class="not-judged">${text(trouble.message, LONGEST)}</p>` : ''}
    ${waitsFor === undefined ? '' : html`<p>Its tests did not run, because task ${waitsFor} did not pass.</p>`}
    ${open.map((point) => renderOpenPoint(point, tests, starter))}`;
}

/** A task's points that passed, folded. */
export function renderPassed(task: GradedTask, starter: Starter): Html {
  const points = task.points.filter(({ grade }) => grade === 'passed');
  if (points.length === 0) return html``;
  return html`<details>
    <summary>${shownTask(task)}: ${points.length} passed</summary>
    <table>
      ${points.map(
        (point) =>
          html`<tr>
            <td>${shownId(point, starter)}</td>
            <td class="passed">${shownGrade(point)}</td>
            <td>${prose(point.text)}</td>
          </tr>`,
      )}
    </table>
  </details>`;
}

export function shownTask({ task, title }: GradedTask): string {
  return `Task ${task}: ${title}`;
}

export function shownScore({ score, grade, stretch }: GradedTask): string {
  const optional = stretch ? ', stretch' : '';
  return `${score ? `${score.points} of ${score.of}` : grade}${optional}`;
}

export function classOf(grade: string): string {
  return grade.replaceAll(' ', '-');
}

function shownId({ id }: GradedPoint, { passedByStarter = [] }: Starter): string {
  return `${id}${passedByStarter.includes(id) ? '*' : ''}`;
}

function shownGrade({ grade, weight }: GradedPoint): string {
  return `${grade}${weight === 1 ? '' : `, counts ${weight}`}`;
}

function renderOpenPoint(
  point: GradedPoint,
  tests: readonly TestVerdict[],
  starter: Starter,
): Html {
  const own = tests.filter((test) => test.points.includes(point.id) && test.status !== 'passed');
  return html`<p>
      <strong>${shownId(point, starter)}</strong>
      <span class="${classOf(point.grade)}">${shownGrade(point)}</span>
      ${prose(point.text)}
    </p>
    ${own.map(renderTest)}`;
}

function renderTest({ title, failures, service }: TestVerdict): Html {
  const [failure] = failures;
  return html`<div class="test">
    <p>Test: ${prose(title)}</p>
    ${failure ? renderFailure(failure) : ''}
    ${
      service && service.errors.length > 0
        ? html`<details>
            <summary>The service wrote</summary>
            <pre>${text(service.errors.slice(-MOST_LINES).join('\n'), LONGEST)}</pre>
          </details>`
        : ''
    }
  </div>`;
}

function renderFailure({ message, lesson }: Failure): Html {
  if (lesson) {
    return html`<dl>
      <dt>Observed</dt>
      <dd class="said">${text(lesson.observed, LONGEST)}</dd>
      <dt>Meaning</dt>
      <dd class="said">${prose(text(lesson.meaning, LONGEST))}</dd>
    </dl>`;
  }
  return html`<pre>${text(message, LONGEST)}</pre>`;
}
