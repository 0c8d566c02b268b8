import { join } from 'node:path';
import { type Lab, layOut, solutionsOf, type Task } from '@backend-labs/catalog';
import type { TaskVerdict } from '@backend-labs/protocol';
import { judge, LEARNER_SEED, Session, takeFolder } from '@backend-labs/runner';
import { connectStack, type OpenedStack, ownerTag } from '@backend-labs/stack';
import type { Drawn, Spec } from '@backend-labs/variants';
import type { Context } from '../context.ts';

/** A variant with the lab's own words and facts: only its choices tell it from the others. */
export interface PlainVariant {
  readonly options: Drawn['options'];
  readonly lab: Lab;
}

/** A solution of one variant under the tests of another. */
export interface Cross {
  readonly answer: Drawn['options'];
  readonly tests: Drawn['options'];
  /** Points that failed. */
  readonly failed: readonly string[];
  /** One line each: where it is not what it must be. */
  readonly problems: readonly string[];
}

/**
 * Points at which the tests of one variant fail an answer to another: those that its options name, of
 * the axes in which the two differ.
 */
export function refusedBy(
  { choices }: Spec,
  tests: Drawn['options'],
  answer: Drawn['options'],
): string[] {
  const differing = Object.entries(tests).filter(([axis, option]) => answer[axis] !== option);
  return differing.flatMap(([axis, option]) => {
    return choices[axis]?.find(({ name }) => name === option)?.refuses ?? [];
  });
}

/** Judges a solution of every variant with the tests of one, in the tasks in which variants may differ. */
export async function crossesOf(
  context: Context,
  stack: OpenedStack,
  spec: Spec,
  variants: readonly PlainVariant[],
  { lab, options: tests }: PlainVariant,
): Promise<Cross[]> {
  const { stateDir } = context;
  using folder = await takeFolder(join(stateDir, 'runs'), `crosses-${lab.id}`);
  const rows = variants.map((variant, at) => ({
    ...variant,
    name: `answer-${at}`,
    target: join(folder.dir, `answer-${at}`),
  }));
  for (const { lab: own, target } of rows) layOut(own, solutionsOf(own)[0]?.layers ?? [], target);
  const owner = await ownerTag();
  const session = await Session.open({
    lab,
    rows,
    context: {
      servers: stack.servers,
      stateDir,
      templates: `${owner}/`,
      keepFailed: false,
      seed: LEARNER_SEED,
    },
  });
  await using _open = session;
  const crosses: Cross[] = [];
  for (const { name, options: answer } of rows) {
    const verdicts = await judge(session, stack, lab, name, differingTasks(lab, spec));
    crosses.push(crossFrom(verdicts, { answer, tests }, refusedBy(spec, tests, answer)));
  }
  await using live = connectStack(stack.servers);
  if (stack.servers.postgres) await (await live.of('postgres')).dropTemplates(`${owner}/`);
  return crosses;
}

function differingTasks({ tasks }: Lab, { choices }: Spec): Task[] {
  const points = new Set(
    Object.values(choices).flatMap((options) => options.flatMap(({ refuses }) => refuses)),
  );
  return tasks.filter((task) => task.points.some(({ id }) => points.has(id)));
}

/** @param due the points that must fail; all others must pass. */
export function crossFrom(
  verdicts: readonly TaskVerdict[],
  pair: Pick<Cross, 'answer' | 'tests'>,
  due: readonly string[],
): Cross {
  const points = verdicts.flatMap((verdict) => verdict.points);
  const failed = points.filter(({ status }) => status === 'failed').map(({ id }) => id);
  const unjudged = points.filter(({ status }) => status !== 'failed' && status !== 'passed');
  const problems = [
    ...unjudged.map(({ id, status }) => `${id} must be judged and was ${status}`),
    ...due.filter((id) => !failed.includes(id)).map((id) => `${id} must fail and passed`),
    ...failed.filter((id) => !due.includes(id)).map((id) => `${id} must pass and failed`),
  ];
  return { ...pair, failed, problems };
}
