import { type ClassRecord, gradeClass, type GradeEvent, readClass } from '@backend-labs/class';
import type { Arguments } from '../command.ts';
import type { Context } from '../context.ts';
import { EXIT, MachineError, UsageError } from '../errors.ts';
import { requireSandbox } from '../sandbox.ts';
import { Interrupted, onInterrupt } from '../ui/interrupt.ts';
import { Waiting } from '../ui/progress-line.ts';
import { clean } from '../ui/untrusted.ts';
import { classDir, only } from './arguments.ts';
import { startLocalWorkers } from './local-workers.ts';
import { queueOf } from './queue.ts';
import { jsonOf } from './show.ts';

/** Of these there is nothing to grade. */
const IDLE: ReadonlySet<ClassRecord['state']> = new Set([
  'not collected',
  'no submission',
  'graded',
]);

/** `labs class grade` and `labs class regrade`. */
export async function gradeCommand(
  args: Arguments,
  context: Context,
  again: boolean,
): Promise<number> {
  const count = workerCount(args);
  const json = args.on('json');
  const all = await readClass(classDir(args, context), only(args));
  const isWork = all.some(({ state }) => !IDLE.has(state) || (again && state === 'graded'));
  if (isWork && count > 0) await requireSandbox(context);
  const records = isWork ? await graded(args, context, { again, count }) : [];
  if (json) console.log(JSON.stringify({ records: records.map(jsonOf) }, undefined, 2));
  const open = records.filter(({ state }) => state !== 'graded');
  if (!json) console.log(summary(records, open));
  return open.length > 0 ? EXIT.machine : EXIT.green;
}

async function graded(
  args: Arguments,
  context: Context,
  { again, count }: { readonly again: boolean; readonly count: number },
): Promise<ClassRecord[]> {
  using waiting = new Waiting('Opening the queue');
  const { url, reopen } = await queueOf(args, context, waiting.say);
  const stop = new AbortController();
  using interrupt = onInterrupt(async () => stop.abort());
  await using workers = startLocalWorkers(count, url);
  let broken: string | undefined;
  void workers.broken.then((message) => {
    broken = message;
    stop.abort();
  });
  const records = await gradeClass({
    dir: classDir(args, context),
    root: context.root,
    stateDir: context.stateDir,
    ...only(args),
    redis: url,
    again,
    signal: stop.signal,
    ...(reopen && { onSilence: reopen }),
    onEvent: (event) => tell(event, waiting, args.on('json')),
  });
  if (interrupt.isInterrupted) throw new Interrupted('Stopped. Run it again to go on.');
  if (broken !== undefined) throw new MachineError(broken.replace(/^labs: /u, ''));
  return records;
}

function tell(event: GradeEvent, waiting: Waiting, quiet: boolean): void {
  if (event.type === 'waiting') {
    const { open, all, grading, workers } = event;
    const none = workers === 0 ? '; no worker: labs class worker' : '';
    waiting.tick(`Graded ${all - open} of ${all}, ${grading} in work${none}`);
  } else if (!quiet) {
    const { student, assignment } = event.record;
    const outcome = event.answer === 'result' ? 'graded' : 'not judged';
    waiting.clear();
    console.log(clean(`${assignment.id}  ${student.id}  ${outcome}`));
  }
}

function summary(records: readonly ClassRecord[], open: readonly ClassRecord[]): string {
  if (records.length === 0) return 'Nothing to grade: every collected submission has a result.';
  const lines = open.map(({ student, assignment, note = '' }) =>
    clean(`  ${assignment.id}  ${student.id}: ${note}`),
  );
  const head = `${records.length - open.length} graded, ${open.length} not judged.`;
  if (open.length === 0) return head;
  return [head, ...lines, 'Run `labs class grade` again for what was not judged.'].join('\n');
}

function workerCount(args: Arguments): number {
  const text = args.text('workers') ?? '1';
  const count = Number(text);
  if (Number.isInteger(count) && count >= 0 && count <= 64) return count;
  throw new UsageError(`--workers takes a whole number from 0 to 64, not "${text}".`);
}
