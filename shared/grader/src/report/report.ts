import type { GradeResult, TaskVerdict } from '@backend-labs/protocol';
import type { Step } from '../judge/steps.ts';
import type { Files } from '../pack/toolchain.ts';
import { renderCommits } from './commits.ts';
import { renderDiff } from './diff.ts';
import { renderHead, type HeadParts } from './head.ts';
import { html, PAGE_POLICY, text, type Html } from './html.ts';
import type { Asked } from './interview.ts';
import { renderOpen, renderPassed } from './points.ts';
import { prose } from './prose.ts';
import { starterPoints } from './starter.ts';
import { STYLE } from './style.ts';

export interface ReportParts extends HeadParts {
  readonly verdicts: readonly TaskVerdict[];
  /** All files of the pack. */
  readonly pristine: Files;
  /** Commits that were judged as well, oldest first. */
  readonly steps: readonly Step[];
  /** What to ask the candidate. */
  readonly questions: readonly Asked[];
}

const SUBJECT = 120;

/** The page for a reviewer: one file, without a script and without a network. */
export function renderReport(parts: ReportParts): string {
  const { result, pack, name, verdicts, pristine, taken, history, steps, questions } = parts;
  const byTask = new Map(verdicts.map((verdict) => [verdict.task, verdict]));
  const open = result.tasks.filter(({ grade }) => grade !== 'passed');
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${PAGE_POLICY}" />
        <meta name="viewport" content="width=device-width" />
        <title>
          Take-home:
          ${[pack.title, ...(name === undefined ? [] : [text(name, SUBJECT)])].join(', ')}
        </title>
        <style>
          ${STYLE}
        </style>
      </head>
      <body>
        ${renderHead(parts)}
        <h2>What did not pass</h2>
        ${open.length === 0 ? html`<p>Every point passed.</p>` : ''}
        ${open.map((task) => renderOpen(task, byTask.get(task.task), pack))}
        <h2>Commits</h2>
        ${renderCommits({ history, steps, starter: starterPoints(result, pack) })}
        ${renderQuestions(questions)}
        <h2>What passed</h2>
        ${result.tasks.map((task) => renderPassed(task, pack))} ${renderPackages(result)}
        ${renderOutside(result)}
        <h2>Changes to the starter</h2>
        ${renderDiff(starterIn(pristine, pack.lab), taken.files)}
      </body>
    </html> `;
  return page.source;
}

function renderQuestions(questions: readonly Asked[]): Html {
  if (questions.length === 0) return html``;
  return html`<h2>Ask in the interview</h2>
    <ol>
      ${questions.map((one) => html`<li>${prose(one.text)} <small>${one.from}</small></li>`)}
    </ol>`;
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
