import { join } from 'node:path';
import {
  designsOf,
  misconceptionsOf,
  solutionsOf,
  type Lab,
  type Layer,
  type Task,
} from '@backend-labs/catalog';
import type { Expectation } from './matrix.ts';
import type { Row } from './session.ts';

/** A row of a lab's matrix, before it is judged. */
export interface PlannedRow extends Row {
  readonly layers: readonly Layer[];
  readonly expectation: Expectation;
}

/** The rows of a lab's matrix: `starter`, `solutions/<name>`, `designs/<slug>`, `misconceptions/<slug>`. */
export function rowNames(lab: Lab): string[] {
  return plan(lab, '').map(({ name }) => name);
}

/** @param dir where the folders of the rows will be. */
export function plan(lab: Lab, dir: string): PlannedRow[] {
  const row = (name: string, layers: readonly Layer[], expectation: Expectation): PlannedRow => ({
    name,
    target: join(dir, name),
    layers,
    expectation,
  });
  return [
    row('starter', [], { kind: 'starter' }),
    ...solutionsOf(lab).map(({ name, layers }) =>
      row(`solutions/${name}`, layers, { kind: 'solution' }),
    ),
    ...designsOf(lab).map((design) =>
      row(`designs/${design.name}`, design.layers, { kind: 'design', design }),
    ),
    ...misconceptionsOf(lab).map((misconception) =>
      row(`misconceptions/${misconception.name}`, misconception.layers, {
        kind: 'misconception',
        misconception,
      }),
    ),
  ];
}

/** Where a lab has parts, a misconception that breaks points of one says nothing of the others. */
export function tasksFor(lab: Lab, expectation: Expectation): readonly Task[] {
  if (expectation.kind !== 'misconception') return lab.tasks;
  const { breaks } = expectation.misconception;
  const claimed = lab.tasks.filter(({ points }) => points.some(({ id }) => breaks.includes(id)));
  const parts = new Set(claimed.map(({ part }) => part));
  return lab.tasks.filter(({ part }) => parts.has(part));
}
