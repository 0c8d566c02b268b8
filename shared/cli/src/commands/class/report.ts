import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import {
  classReport,
  type ClassRecord,
  compareWorks,
  type Comparison,
  Layout,
  readClass,
  readClassFile,
} from '@backend-labs/class';
import { classDir, only } from '../../class/arguments.ts';
import type { Run } from '../../command.ts';
import { shownPath } from '../../context.ts';
import { EXIT } from '../../errors.ts';
import { Waiting } from '../../ui/progress-line.ts';
import { clean } from '../../ui/untrusted.ts';

export const run: Run = async (args, context) => {
  const layout = new Layout(classDir(args, context));
  const { title } = readClassFile(layout);
  const records = await readClass(layout.dir, only(args));
  const comparisons = await compared(records, layout);
  const at = new Date().toISOString();
  const to = resolve(context.cwd, args.text('to') ?? join(layout.dir, 'report.html'));
  mkdirSync(dirname(to), { recursive: true });
  writeFileSync(to, classReport(records, { title, comparisons, at }));
  console.log(clean(shownPath(to, context)));
  return EXIT.green;
};

async function compared(records: readonly ClassRecord[], layout: Layout): Promise<Comparison[]> {
  using waiting = new Waiting('Comparing the works');
  const collected = records.filter(({ submission }) => submission && existsSync(submission.dir));
  return await compareWorks(
    collected,
    ({ id }) => layout.pack(id),
    ({ assignment, student }) => waiting.tick(`Comparing ${assignment.id} ${student.id}`),
  );
}
