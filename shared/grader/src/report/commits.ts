import type { GradedPoint } from '@backend-labs/protocol';
import { scoreOf } from '../judge/score.ts';
import type { Step } from '../judge/steps.ts';
import { changesOf } from '../submission/own-commits.ts';
import type { Commit } from '../submission/repository.ts';
import { html, text, type Html } from './html.ts';

const LONGEST = 120;

export interface CommitsParts {
  /** The candidate's commits, oldest first. */
  readonly history: readonly Commit[];
  /** Those that were judged as well. */
  readonly steps: readonly Step[];
  /** The starter's points, if they are known. */
  readonly starter: readonly GradedPoint[] | undefined;
}

/** A row for each commit; of those that were judged, how the points came over time. */
export function renderCommits({ history, steps, starter }: CommitsParts): Html {
  if (history.length === 0) return html`<p>The submission has no commit of the candidate's.</p>`;
  const judged = new Map(steps.map(({ commit, points }) => [commit.id, points]));
  let before = starter;
  const rows = history.map((commit) => {
    const points = judged.get(commit.id);
    const row = renderCommit(commit, points && renderPoints(points, before), steps.length > 0);
    before = points ?? before;
    return row;
  });
  return html`<p>
      The dates are the candidate's own, from the clock of their machine, and work before the first
      commit is not in the time.
      ${
        steps.length === 0
          ? ''
          : 'Commits with points were judged as well, and each is compared with the one that was judged before it. They do not change the score.'
      }
    </p>
    <table>
      <tr>
        <th>Commit</th>
        <th>Date</th>
        <th>Changes</th>
        ${
          steps.length === 0
            ? ''
            : html`<th>Points</th>
                <th>Newly passed</th>
                <th>No longer passed</th>`
        }
      </tr>
      ${
        steps.length === 0 || !starter
          ? ''
          : html`<tr>
              <td>The starter</td>
              <td></td>
              <td></td>
              <td>${shownPoints(starter)}</td>
              <td></td>
              <td></td>
            </tr>`
      }
      ${rows}
    </table>`;
}

function renderCommit(commit: Commit, points: Html | undefined, hasPoints: boolean): Html {
  const { files, added, removed } = changesOf(commit);
  const none = html`<td></td>
    <td></td>
    <td></td>`;
  return html`<tr>
    <td><code>${text(commit.id.slice(0, 8), LONGEST)}</code> ${text(commit.subject, LONGEST)}</td>
    <td class="date">${text(commit.at, LONGEST)}</td>
    <td>${files} ${files === 1 ? 'file' : 'files'}, +${added} −${removed}</td>
    ${hasPoints ? (points ?? none) : ''}
  </tr>`;
}

function renderPoints(
  points: readonly GradedPoint[],
  before: readonly GradedPoint[] | undefined,
): Html {
  const [now, then] = [passedIn(points), passedIn(before ?? [])];
  return html`<td>${shownPoints(points)}</td>
    <td>${now.filter((id) => !then.includes(id)).join(', ')}</td>
    <td>${then.filter((id) => !now.includes(id)).join(', ')}</td>`;
}

function shownPoints(points: readonly GradedPoint[]): string {
  if (points.length === 0) return 'no work to judge';
  const score = scoreOf(points);
  return score ? `${score.points} of ${score.of}` : 'not judged';
}

function passedIn(points: readonly GradedPoint[]): string[] {
  return points.filter(({ grade }) => grade === 'passed').map(({ id }) => id);
}
