import type { GradedPoint } from '@backend-labs/protocol';
import { scoreOf } from '../judge/score.ts';
import type { Step } from '../judge/steps.ts';
import { html, text, type Html } from './html.ts';

const LONGEST = 120;

/** How the points came over time: a row for each commit that was judged. */
export function renderSteps(steps: readonly Step[]): Html {
  if (steps.length === 0) return html``;
  return html`<p>These commits were judged as well. They do not change the score.</p>
    <table>
      <tr>
        <th>Commit</th>
        <th>Date</th>
        <th>Points</th>
        <th>Passed since the row above</th>
        <th>Lost since then</th>
      </tr>
      ${steps.map((step, at) => renderStep(step, steps[at - 1]))}
    </table>`;
}

function renderStep({ commit, points }: Step, before: Step | undefined): Html {
  const [now, then] = [passedIn(points), passedIn(before?.points ?? [])];
  return html`<tr>
    <td><code>${commit.id.slice(0, 8)}</code> ${text(commit.subject, LONGEST)}</td>
    <td>${text(commit.at, LONGEST)}</td>
    <td>${shownPoints(points)}</td>
    <td>${now.filter((id) => !then.includes(id)).join(', ')}</td>
    <td>${then.filter((id) => !now.includes(id)).join(', ')}</td>
  </tr>`;
}

function shownPoints(points: readonly GradedPoint[]): string {
  if (points.length === 0) return 'no work to judge';
  const score = scoreOf(points);
  return score ? `${score.points} of ${score.of}` : 'not judged';
}

function passedIn(points: readonly GradedPoint[]): string[] {
  return points.filter(({ grade }) => grade === 'passed').map(({ id }) => id);
}
