import { debriefOf } from '@backend-labs/catalog';
import type { WatchState } from '@backend-labs/workbench';
import { paint } from '../ui/style.ts';
import { renderTicket } from '../ui/ticket.ts';
import { MARKS, renderFailing, renderPoint, renderVerdict } from '../ui/verdicts.ts';

/** The part of the view that only the terminal has. */
export interface WatchNotes {
  readonly hint: string | undefined;
  /** A diff, or an answer to a key. */
  readonly note: string | undefined;
  /** A line that stays. */
  readonly greeting?: string | undefined;
  /** The task being worked on passes. */
  readonly green: boolean;
}

/** The whole screen. */
export function renderWatch(
  state: WatchState,
  { hint, note, greeting, green }: WatchNotes,
): string {
  const { lab, task, results, running } = state;
  return [
    renderTicket(lab, task).trimEnd(),
    '',
    ...(running ? runningLines(state) : results.map((result) => renderVerdict(result))),
    ...(green && !running ? ['', debriefOf(lab, task) ?? ''] : []),
    ...(hint ? ['', hint] : []),
    ...(note ? ['', note] : []),
    '',
    ...(greeting ? [paint('dim', greeting)] : []),
    paint('dim', footer(state, green)),
  ].join('\n');
}

/** Each point as it is decided, and the first failure in full. */
function runningLines({ task, points, failed }: WatchState): string[] {
  return [
    paint('dim', ' … running'),
    ...task.points.map((point) => {
      const status = points[point.id];
      return status
        ? renderPoint({ ...point, status })
        : paint('dim', `     ${MARKS.waiting} ${point.id}`);
    }),
    ...(failed ? [renderFailing(failed, task)] : []),
  ];
}

function footer({ finished, lab }: WatchState, green: boolean): string {
  const tasks = `1-${Math.min(lab.tasks.length, 9)} open a task`;
  const keys = ['r run', 'h hint', tasks, 'p psql', 'q quit'];
  if (!green) return keys.join('   ');
  const next = finished ? 'all tasks pass' : 'n next task';
  return [next, 'd diff to a solution', ...keys].join('   ');
}
