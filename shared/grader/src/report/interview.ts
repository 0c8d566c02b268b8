import type { GradedTask, GradeResult } from '@backend-labs/protocol';
import { listed, namedTasks } from '../pack/listed.ts';

/** Questions in a report. */
const MOST = 5;

interface Question {
  /** Lesson ids, points or tasks that the question is about; empty: anybody may be asked. */
  readonly about: readonly string[];
  readonly text: string;
}

/** A question for one candidate. */
export interface Asked {
  readonly text: string;
  /** What of the submission it comes from: a sentence. */
  readonly from: string;
}

/**
 * The questions to ask this candidate: first those about lessons that the submission met, then about
 * points that it failed, then about tasks that it passed, then any.
 *
 * @param page a lab's `interview.md`: `- (check-then-act, 2.1) Why …?` a question.
 */
export function interviewQuestions(page: string, { tasks }: GradeResult): Asked[] {
  const points = tasks.flatMap((task) => task.points);
  const ranks = [
    new Set(points.flatMap(({ lessons }) => lessons)),
    new Set(points.filter(({ grade }) => grade === 'failed').map(({ id }) => id)),
    new Set(tasks.filter(({ grade }) => grade === 'passed').map(({ task }) => String(task))),
  ];
  const rankOf = ({ about }: Question) => {
    if (about.length === 0) return ranks.length;
    const rank = ranks.findIndex((names) => about.some((name) => names.has(name)));
    return rank < 0 ? Number.POSITIVE_INFINITY : rank;
  };
  return questionsIn(page)
    .map((question) => ({ question, rank: rankOf(question) }))
    .filter(({ rank }) => Number.isFinite(rank))
    .toSorted((a, b) => a.rank - b.rank)
    .slice(0, MOST)
    .map(({ question }) => ({ text: question.text, from: originOf(question, tasks) }));
}

/** The points that the question is about. If it is about none of them, the tasks that it names. */
function originOf({ about }: Question, tasks: readonly GradedTask[]): string {
  if (about.length === 0) return 'For every candidate.';
  const open = tasks
    .flatMap(({ points }) => points)
    .filter(({ grade }) => grade !== 'passed')
    .filter(({ id, lessons }) => [id, ...lessons].some((name) => about.includes(name)));
  if (open.length > 0) {
    const names = listed(open.map(({ id }) => id));
    return `From ${open.length === 1 ? 'point' : 'points'} ${names}, not passed.`;
  }
  const done = tasks.filter(({ task, grade }) => grade === 'passed' && about.includes(`${task}`));
  return `From ${namedTasks(done.map(({ task }) => task))}, passed.`;
}

function questionsIn(page: string): Question[] {
  return [...page.matchAll(/^- (?:\((?<about>[^)\n]*)\) )?(?<text>.+(?:\n {2,}\S.*)*)/gmu)].map(
    ({ groups }): Question => ({
      about: (groups?.['about'] ?? '').split(',').flatMap((name) => name.trim() || []),
      text: (groups?.['text'] ?? '').replaceAll(/\s+/gu, ' '),
    }),
  );
}
