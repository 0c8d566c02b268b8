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

/** A task with its points; of each failed one what the test saw, and the lesson. */
export function renderTask(
  task: GradedTask,
  verdict: TaskVerdict | undefined,
  { passedByStarter = [] }: Pick<Pack, 'passedByStarter'>,
): Html {
  const given = task.points.filter(({ id }) => passedByStarter.includes(id));
  return html`<h3>
      Task ${task.task}: ${task.title}
      <small class="${classOf(task.grade)}">${shownScore(task)}</small>
    </h3>
    ${verdict?.trouble ? html`<p class="not-judged">${text(verdict.trouble.message, LONGEST)}</p>` : ''}
    <table>
      ${task.points.map((point) => renderPoint(point, verdict?.tests ?? [], given.includes(point)))}
    </table>`;
}

export function shownScore({ score, grade, stretch }: GradedTask): string {
  const optional = stretch ? ', stretch' : '';
  return `${score ? `${score.points} of ${score.of}` : grade}${optional}`;
}

export function classOf(grade: string): string {
  return grade.replaceAll(' ', '-');
}

function renderPoint(
  { id, text: sentence, grade, weight }: GradedPoint,
  tests: readonly TestVerdict[],
  isGiven: boolean,
): Html {
  const own = tests.filter((test) => test.points.includes(id) && test.status !== 'passed');
  return html`<tr>
    <td>${id}${isGiven ? '*' : ''}</td>
    <td class="${classOf(grade)}">${grade}${weight === 1 ? '' : `, counts ${weight}`}</td>
    <td>${prose(sentence)} ${own.map(renderTest)}</td>
  </tr>`;
}

function renderTest({ title, failures, service }: TestVerdict): Html {
  const [failure] = failures;
  return html`<details>
    <summary>${prose(title)}</summary>
    ${failure ? renderFailure(failure) : ''}
    ${
      service && service.errors.length > 0
        ? html`<p>The service wrote:</p>
            <pre>${text(service.errors.slice(-MOST_LINES).join('\n'), LONGEST)}</pre>`
        : ''
    }
  </details>`;
}

function renderFailure({ message, lesson }: Failure): Html {
  if (lesson) {
    return html`<dl>
      <dt>Lesson</dt>
      <dd>${lesson.id}</dd>
      <dt>Observed</dt>
      <dd class="said">${text(lesson.observed, LONGEST)}</dd>
      <dt>Meaning</dt>
      <dd class="said">${prose(text(lesson.meaning, LONGEST))}</dd>
    </dl>`;
  }
  return html`<pre>${text(message, LONGEST)}</pre>`;
}
