import { collect, type CollectOutcome } from '@backend-labs/class';
import { classDir, only } from '../../class/arguments.ts';
import type { Run } from '../../command.ts';
import { EXIT } from '../../errors.ts';
import { Waiting } from '../../ui/progress-line.ts';
import { clean } from '../../ui/untrusted.ts';

export const run: Run = async (args, context) => {
  const json = args.on('json');
  const outcomes = await collected(args, context);
  const notRead = outcomes.filter(({ outcome }) => outcome === 'not read');
  if (json) {
    const shown = outcomes.map(({ student, assignment, ...found }) => ({
      student: student.id,
      assignment: assignment.id,
      ...found,
    }));
    console.log(JSON.stringify({ outcomes: shown }, undefined, 2));
  } else {
    const settled = outcomes.filter(({ outcome }) => outcome === 'settled').length;
    for (const outcome of outcomes.filter(worthALine)) console.log(clean(line(outcome)));
    const count = (name: string) => outcomes.filter(({ outcome }) => outcome === name).length;
    const kept = settled > 0 ? `, ${settled} taken before` : '';
    console.log(
      `${count('collected')} collected, ${count('no submission')} without a submission, ${notRead.length} not read${kept}.`,
    );
  }
  return notRead.length > 0 ? EXIT.red : EXIT.green;
};

async function collected(...[args, context]: Parameters<Run>): Promise<CollectOutcome[]> {
  using waiting = new Waiting('Collecting');
  return await collect({
    dir: classDir(args, context),
    ...only(args),
    again: args.on('again'),
    onCollected: ({ student, assignment }) =>
      waiting.tick(`Collecting ${assignment.id} ${student.id}`),
  });
}

function worthALine({ outcome, lateSeconds = 0 }: CollectOutcome): boolean {
  return outcome === 'not read' || outcome === 'no submission' || lateSeconds > 0;
}

function line({ student, assignment, outcome, why, lateSeconds = 0 }: CollectOutcome): string {
  const said = why ?? `${(lateSeconds / 3600).toFixed(1)} h late`;
  return `  ${assignment.id}  ${student.id}: ${outcome}, ${said}`;
}
