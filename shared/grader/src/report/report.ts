import type { GradeResult, Pack, TaskVerdict } from '@backend-labs/protocol';
import type { Step } from '../judge/steps.ts';
import { duration } from '../pack/texts.ts';
import type { Files } from '../pack/toolchain.ts';
import type { Commit } from '../submission/repository.ts';
import type { Taken } from '../submission/take.ts';
import { renderCommits } from './commits.ts';
import { renderDiff } from './diff.ts';
import { html, PAGE_POLICY, text, type Html } from './html.ts';
import type { Asked } from './interview.ts';
import { classOf, renderTask, shownScore } from './points.ts';
import { prose } from './prose.ts';
import { starterPoints } from './starter.ts';
import { STYLE } from './style.ts';

export interface ReportParts {
  readonly result: GradeResult;
  readonly pack: Pack;
  readonly verdicts: readonly TaskVerdict[];
  /** All files of the pack. */
  readonly pristine: Files;
  readonly taken: Taken;
  /** The candidate's commits, oldest first. */
  readonly history: readonly Commit[];
  /** Commits that were judged as well, oldest first. */
  readonly steps: readonly Step[];
  /** What to ask the candidate. */
  readonly questions: readonly Asked[];
}

const SUBJECT = 120;
const MINUTE_MS = 60_000;

/** The page for a reviewer: one file, without a script and without a network. */
export function renderReport(parts: ReportParts): string {
  const { result, pack, verdicts, pristine, taken, history, steps, questions } = parts;
  const byTask = new Map(verdicts.map((verdict) => [verdict.task, verdict]));
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${PAGE_POLICY}" />
        <meta name="viewport" content="width=device-width" />
        <title>${pack.title}: ${result.grade}</title>
        <style>
          ${STYLE}
        </style>
      </head>
      <body>
        <h1>${pack.title}</h1>
        ${renderHead(result, pack, history)}
        <h2>Points</h2>
        ${result.tasks.map((task) => renderTask(task, byTask.get(task.task), pack))}
        ${
          questions.length > 0
            ? html`<h2>Ask in the interview</h2>
                <ol>
                  ${questions.map((one) => html`<li>${prose(one.text)} <small>${one.from}</small></li>`)}
                </ol>`
            : ''
        }
        ${renderPackages(result)} ${renderOutside(result)}
        <h2>Commits</h2>
        ${renderCommits({ history, steps, starter: starterPoints(result, pack) })}
        <h2>Changes to the starter</h2>
        ${renderDiff(starterIn(pristine, pack.lab), taken.files)}
      </body>
    </html> `;
  return page.source;
}

function renderHead(result: GradeResult, pack: Pack, history: readonly Commit[]): Html {
  const { score, grade, seed, submission, times } = result;
  const shown = score ? `${score.points} of ${score.of} points` : 'no score yet';
  return html`<p class="score ${classOf(grade)}">${grade}: ${shown}</p>
    ${
      score
        ? ''
        : html`<p class="not-judged">
            The machine or a server was at fault for some points. Run
            <code>labs grade --resume</code> to judge them.
          </p>`
    }
    <table>
      <tr>
        ${result.tasks.map(({ task }) => html`<th>Task ${task}</th>`)}
      </tr>
      <tr>
        ${result.tasks.map((task) => html`<td class="${classOf(task.grade)}">${shownScore(task)}</td>`)}
      </tr>
    </table>
    <p>
      Time box: ${pack.minutes === undefined ? 'none' : duration(pack.minutes)}; ${span(history)}.
      AI: ${pack.ai}. Graded ${times.graded} with seed <code>${seed}</code>; files
      <code>${submission.digest.slice(0, 16)}</code>${
        submission.commit === undefined
          ? ''
          : html`, commit <code>${submission.commit.slice(0, 12)}</code>`
      }.
    </p>`;
}

/** The clock of the candidate's machine said so: a hint, no more. */
function span(history: readonly Commit[]): string {
  const times = history.map(({ at }) => Date.parse(at)).filter(Number.isFinite);
  if (times.length < 2) return 'the commits do not say how long it took';
  const minutes = Math.max(1, Math.round((Math.max(...times) - Math.min(...times)) / MINUTE_MS));
  return `${duration(minutes)} between the candidate's first and last commit`;
}

function renderPackages({ newDependencies, pack }: GradeResult): Html {
  if (newDependencies.length === 0 || pack.newPackages !== 'allowed') return html``;
  const names = newDependencies.map((name) => html`<li><code>${text(name, SUBJECT)}</code></li>`);
  return html`<h2>New packages</h2>
    <p>The pack allows them. They were installed from the candidate's package-lock.json.</p>
    <ul>
      ${names}
    </ul>`;
}

function renderOutside({ leftOut, pack, newDependencies }: GradeResult): Html {
  const notInstalled = pack.newPackages === 'allowed' ? [] : newDependencies;
  if (leftOut.length === 0 && notInstalled.length === 0) return html``;
  return html`<h2>Did not count</h2>
    <p>
      These changes are outside the files that a candidate may edit. The submission was graded
      without them.
    </p>
    <ul>
      ${notInstalled.map((name) => html`<li>new package <code>${text(name, SUBJECT)}</code></li>`)}
      ${leftOut.map(({ path, why }) => html`<li><code>${text(path, SUBJECT)}</code> ${why}</li>`)}
    </ul>`;
}

function starterIn(pristine: Files, lab: string): Files {
  const home = `work/${lab}/`;
  return new Map(
    [...pristine].flatMap(([path, bytes]) =>
      path.startsWith(home) ? [[path.slice(home.length), bytes]] : [],
    ),
  );
}
