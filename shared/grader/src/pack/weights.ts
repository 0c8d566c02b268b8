import type { Lab } from '@backend-labs/catalog';
import type { Pack } from '@backend-labs/protocol';
import { GraderError } from '../errors.ts';
import { listed, namedTasks } from './listed.ts';

/** What a point counts that was given no weight. */
const USUAL = 1;

type Chosen = Pick<Pack, 'tasks' | 'weights'>;

/**
 * @throws GraderError `BAD_WEIGHT` when a weight is of a point that the pack does not have.
 */
export function checkWeights(lab: Lab, chosen: Chosen): void {
  const ids = new Set(pointsOf(lab, chosen).flat());
  const stray = Object.keys(chosen.weights ?? {}).find((id) => !ids.has(id));
  if (stray === undefined) return;
  const message = `The pack has no point ${stray}. It has ${namedTasks(chosen.tasks)}.`;
  throw new GraderError('BAD_WEIGHT', message);
}

/** How much the points count: `Point 2.3 counts 3 and each point of task 4 counts 2. Each other point counts 1.` */
export function weightsText(lab: Lab, chosen: Chosen): string {
  const { weights = {} } = chosen;
  const tasks = pointsOf(lab, chosen);
  const weightOf = (id: string) => weights[id] ?? USUAL;
  const parts = tasks.flatMap((points) => {
    const [first = USUAL, ...rest] = points.map(weightOf);
    if (first !== USUAL && rest.every((weight) => weight === first)) {
      return [`each point of task ${points[0]?.split('.')[0]} counts ${first}`];
    }
    const special = points.filter((id) => weightOf(id) !== USUAL);
    return special.map((id) => `point ${id} counts ${weightOf(id)}`);
  });
  if (parts.length === 0) return `Each point counts ${USUAL}.`;
  const sentence = listed(parts);
  const rest = tasks.flat().some((id) => weightOf(id) === USUAL);
  return [
    `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`,
    ...(rest ? [`Each other point counts ${USUAL}.`] : []),
  ].join(' ');
}

/** The ids of the points of each chosen task. */
function pointsOf(lab: Lab, { tasks }: Chosen): string[][] {
  return lab.tasks
    .filter(({ number }) => tasks.includes(number))
    .map(({ points }) => points.map(({ id }) => id));
}
