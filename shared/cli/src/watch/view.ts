import { debriefOf, type Lab, type Task } from '@backend-labs/catalog';
import type { TaskVerdict } from '@backend-labs/protocol';
import { paint } from '../ui/style.ts';
import { renderTicket } from '../ui/ticket.ts';
import { renderVerdict } from '../ui/verdicts.ts';

/** What the watch shows. */
export interface WatchState {
  readonly lab: Lab;
  /** The task being worked on. */
  readonly task: Task;
  /** Of the last run: the task's verdict, after those that it needs. */
  readonly results: readonly TaskVerdict[];
  readonly running: boolean;
  /** Stays while the task does. */
  readonly hint?: string | undefined;
  /** A diff, or a word about a key; gone with the next run. */
  readonly note?: string | undefined;
  /** All tasks of the lab pass. */
  readonly finished: boolean;
}

/** The whole screen. */
export function renderWatch(state: WatchState): string {
  const { lab, task, results, running, hint, note } = state;
  const verdicts = results.map((result) => renderVerdict(result));
  return [
    renderTicket(lab, task).trimEnd(),
    '',
    ...(running ? [paint('dim', ' … running')] : verdicts),
    ...(isGreen(state) && !running ? ['', debriefOf(lab, task) ?? ''] : []),
    ...(hint ? ['', hint] : []),
    ...(note ? ['', note] : []),
    '',
    paint('dim', footer(state)),
  ].join('\n');
}

/** The task being worked on passes. */
export function isGreen({ results, task }: Pick<WatchState, 'results' | 'task'>): boolean {
  return results.some((result) => result.task === task.number && result.status === 'passed');
}

function footer(state: WatchState): string {
  const keys = ['r run', 'h hint', 'p psql', 'q quit'];
  if (!isGreen(state)) return keys.join('   ');
  const next = state.finished ? 'all tasks pass' : 'n next task';
  return [next, 'd diff to a solution', ...keys].join('   ');
}
