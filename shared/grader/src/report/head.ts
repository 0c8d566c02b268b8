import type { GradedTask, GradeResult, Pack, Score } from '@backend-labs/protocol';
import { listed } from '../pack/listed.ts';
import { duration } from '../pack/texts.ts';
import type { Commit } from '../submission/repository.ts';
import type { Taken } from '../submission/take.ts';
import { renderAi } from './ai.ts';
import { type Earned, earnedOf } from './earned.ts';
import { html, text, type Html } from './html.ts';
import type { OfLab } from './of-lab.ts';
import { classOf, shownScore, shownTask } from './points.ts';

const MINUTE_MS = 60_000;
/** Characters of a name, of an id, and of a date as far as its minutes. */
const LONGEST = 120;
const ID = 16;
const MINUTES = 16;

const STARTER = 'Every candidate begins with the same half-built service, the starter.';
const UNKNOWN = 'The pack does not say which points it passes.';

export interface HeadParts {
  readonly result: GradeResult;
  readonly pack: Pack;
  /** What the submission is called; left out: it has no name. */
  readonly name?: string;
  /** The lab's tasks that the assignment leaves out. */
  readonly absent: OfLab['tasks'];
  readonly taken: Taken;
  /** The candidate's commits, oldest first. */
  readonly history: readonly Commit[];
}

/** What a reader must know first: the points, what they mean, and how they came about. */
export function renderHead(parts: HeadParts): Html {
  const { result, pack, name } = parts;
  return html`<h1>Take-home: ${pack.title}</h1>
    ${name === undefined ? '' : html`<p>Submission: <strong>${text(name, LONGEST)}</strong></p>`}
    ${renderScore(result, pack)} ${renderTasks(result, pack)} ${renderFacts(parts)}`;
}

function renderScore({ score, grade, tasks }: GradeResult, pack: Pack): Html {
  if (!score) {
    return html`<p class="score not-judged">No score yet</p>
      <p class="not-judged">
        The machine or a server was at fault for some points. Run
        <code>labs grade --resume</code> to judge them.
      </p>
      <p>${STARTER}</p>`;
  }
  const all = earnedOf(
    tasks.flatMap(({ points }) => points),
    pack,
  );
  return html`<p class="score">${score.points} of ${score.of} points passed</p>
    <p>${STARTER} ${all ? renderEarned(all, score) : UNKNOWN}</p>
    <p>
      No pass mark is set. The points are facts, and the decision is a person's. In
      <code>result.json</code> the grade is <code>${grade}</code>: it is <code>passed</code> only if
      every point outside stretch tasks passes.
    </p>`;
}

function renderEarned({ given, rest, earned, lost }: Earned, { of }: Score): Html {
  return html`Untouched, it passes ${given} of the ${of}.
    <strong>Of the other ${rest}, the candidate earned ${earned}.</strong>
    ${lost.length > 0 ? `The submission fails ${listed(lost)}, which the starter passes.` : ''}`;
}

function renderTasks({ tasks }: GradeResult, pack: Pack): Html {
  const hasGiven = (pack.passedByStarter ?? []).length > 0;
  const hasWeights = tasks.some(({ points }) => points.some(({ weight }) => weight !== 1));
  return html`<table>
      <tr>
        <th>Task</th>
        <th>Points passed</th>
        ${
          pack.passedByStarter
            ? html`<th>The starter passes</th>
                <th>Earned of the others</th>`
            : ''
        }
      </tr>
      ${tasks.map((task) => renderTaskRow(task, pack))}
    </table>
    <p>
      ${hasGiven ? 'Below, * marks a point that the untouched starter passes as well.' : ''}
      ${hasWeights ? 'Some points count more than 1, and all numbers are of points as they count.' : ''}
    </p>`;
}

function renderTaskRow(task: GradedTask, pack: Pack): Html {
  const { score, points } = task;
  const earned = earnedOf(points, pack);
  return html`<tr>
    <td>${shownTask(task)}</td>
    <td class="${classOf(task.grade)}">${shownScore(task)}</td>
    ${
      earned
        ? html`<td>${earned.given}</td>
            <td>${score ? `${earned.earned} of ${earned.rest}` : task.grade}</td>`
        : ''
    }
  </tr>`;
}

function renderFacts({ result, pack, absent, taken, history }: HeadParts): Html {
  const { seed, submission, times } = result;
  const graded = times.graded.slice(0, MINUTES).replace('T', ' ');
  const others = listed(absent.map(({ number, title }) => `task ${number} (${title})`));
  return html`<dl>
    ${
      absent.length === 0
        ? ''
        : html`<dt>Not part of this assignment</dt>
            <dd>The lab also has ${others}.</dd>`
    }
    <dt>Time</dt>
    <dd>
      Time box: ${pack.minutes === undefined ? 'none' : duration(pack.minutes)}; ${span(history)}.
    </dd>
    <dt>AI</dt>
    <dd>${renderAi(pack.ai, taken.aiList)}</dd>
    <dt>Not judged</dt>
    <dd>
      Hidden tests judge how the service behaves. Three things are for the reader to judge: how
      readable the code is, tests that the candidate wrote (unless a point asks for one), and
      whether a migration is safe on live data.
    </dd>
    <dt>Grading</dt>
    <dd>
      ${graded} UTC. Seed <code>${seed}</code>: the tests' data is drawn from it, and
      <code>labs grade --seed</code> with the same seed repeats the grading. Files
      <code>${submission.digest.slice(0, ID)}</code>: two gradings with this same number judged the
      same files.
      ${
        submission.commit === undefined
          ? ''
          : html`Commit <code>${submission.commit.slice(0, ID)}</code>.`
      }
    </dd>
  </dl>`;
}

/** The clock of the candidate's machine said so: a hint, no more. */
function span(history: readonly Commit[]): string {
  const times = history.map(({ at }) => Date.parse(at)).filter(Number.isFinite);
  if (times.length < 2) return 'the commits do not say how long it took';
  const minutes = Math.max(1, Math.round((Math.max(...times) - Math.min(...times)) / MINUTE_MS));
  return `${duration(minutes)} between the candidate's first and last commit`;
}
