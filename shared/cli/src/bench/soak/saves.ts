import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { layOut, misconceptionsOf, solutionsOf, type Lab, type Layer } from '@backend-labs/catalog';
import { MachineError } from '../../errors.ts';

/** One state of the learner's copy, and what the watch must say of it. */
export interface Save {
  readonly what: string;
  /** File, relative to the copy, and its text. */
  readonly file: string;
  readonly text: string;
  /** Points of the task that must fail; empty: the task passes. */
  readonly fails: readonly string[];
}

export interface SoakLab {
  readonly lab: Lab;
  readonly task: number;
  /** Breaks points of the task in one file. */
  readonly misconception: string;
  readonly file: string;
}

/** A line every few microseconds, as a forgotten log in a loop writes them. */
const FLOOD = `
setInterval(() => {
  for (let line = 0; line < 500; line++) console.log('flooded', line, 'x'.repeat(200));
}, 10).unref();
`;

/**
 * Lays a right answer into the copy, and names the saves that come in turn: each is of one file, and the
 * next one takes it back.
 *
 * @param scratch a folder for what a misconception is read from.
 */
export function prepareSaves(soak: SoakLab, copy: string, scratch: string): Save[] {
  const { lab, task, file } = soak;
  const [reference] = solutionsOf(lab);
  const mistake = misconceptionsOf(lab).find(({ name }) => name === soak.misconception);
  if (!reference || !mistake) throw new MachineError(`${lab.id} has no ${soak.misconception}.`);
  layOut(lab, reference.layers, copy);
  const layers: readonly Layer[] = mistake.layers;
  layOut(lab, layers, scratch);
  const right = readFileSync(join(copy, file), 'utf8');
  const points = lab.tasks.find(({ number }) => number === task)?.points ?? [];
  const passing = { what: 'a right answer', file, text: right, fails: [] };
  return [
    passing,
    {
      what: `the mistake ${mistake.name}`,
      file,
      text: readFileSync(join(scratch, file), 'utf8'),
      fails: mistake.breaks.filter((point) => points.some(({ id }) => id === point)),
    },
    passing,
    { ...passing, what: 'a right answer that floods its log', text: right + FLOOD },
    {
      ...passing,
      what: 'half a file',
      text: `${right}\nfunction (`,
      fails: points.map(({ id }) => id),
    },
  ];
}

export function save(copy: string, { file, text }: Save): void {
  writeFileSync(join(copy, file), text);
}
