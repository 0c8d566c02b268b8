import type { Task } from '@backend-labs/catalog';
import type { TaskVerdict, TestVerdict } from '@backend-labs/protocol';
import type { Session } from '@backend-labs/runner';
import type { Mutant } from './mutant.ts';
import type { MutantVerdict } from './verdict.ts';

/**
 * A test that failed after so long, in ms, may have waited for what a busy machine did not give it:
 * tests wait at least that long for what must come.
 */
const LONG_TEST = 2_000;

/** How long a cancelled run may take to put things away before its session is closed over it, in ms. */
const GRACE = 30_000;

export interface Deadlines {
  /** Of the whole run. */
  readonly run: number;
  /** Of each test. */
  readonly test: number;
}

/** A timer may ring a little before its time, in ms. */
const CLOCK_SKEW = 5;

/**
 * Judges a mutant a second time when the first failing test may have waited for the machine. A mutant
 * that another mutant's load killed passes then, and counts as survived.
 *
 * @param judgeOnce gets the first verdict when it judges a second time.
 */
export async function judgeTwiceIfLong(
  judgeOnce: (first?: MutantVerdict) => Promise<MutantVerdict>,
): Promise<MutantVerdict> {
  const first = await judgeOnce();
  if (first.status !== 'killed' || (first.waited ?? 0) < LONG_TEST) return first;
  const second = await judgeOnce(first);
  return { ...second, duration: first.duration + second.duration };
}

/** The tasks, and before the others the one whose test killed: it is most likely to kill again. */
export function killerFirst(tasks: readonly Task[], first?: MutantVerdict): Task[] {
  const killed = ({ points }: Task) => points.some(({ id }) => first?.points?.includes(id));
  return tasks.toSorted((a, b) => Number(killed(b)) - Number(killed(a)));
}

/**
 * Judges one mutant until its first failing test; the run is cancelled there.
 *
 * @param tasks that run the code of the mutant, in the order in which they run.
 * @param deadlines in ms. Close the session afterwards: the run may still go on.
 */
export async function judgeMutant(
  session: Pick<Session, 'run' | 'cancel'>,
  row: string,
  tasks: readonly Task[],
  { run: runDeadline, test: testDeadline }: Deadlines,
  signal: AbortSignal,
  grace = GRACE,
): Promise<MutantVerdict> {
  signal.throwIfAborted();
  const started = performance.now();
  const took = () => Math.round(performance.now() - started);
  let killer: TestVerdict | undefined;
  let trouble: string | undefined;
  let late = false;
  const timers: NodeJS.Timeout[] = [];
  const left = Promise.withResolvers<undefined>();
  let cancelled: Promise<void> | undefined;
  const stop = () => {
    if (cancelled) return;
    cancelled = session.cancel();
    timers.push(setTimeout(() => left.resolve(undefined), grace));
  };
  const onDeadline = () => {
    late = true;
    stop();
  };
  timers.push(setTimeout(onDeadline, runDeadline));
  signal.addEventListener('abort', stop);
  try {
    const run = session.run(
      tasks.map((task) => ({ row, task })),
      (event) => {
        if (killer || late) return;
        if (event.type === 'test ended' && event.test.duration >= testDeadline - CLOCK_SKEW) {
          // vitest reports a test that did not end as one that failed.
          onDeadline();
        } else if (event.type === 'test ended' && event.test.status === 'failed') {
          killer = event.test;
          stop();
        } else if (event.type === 'ended') trouble ??= troubleOf(event.verdict);
      },
    );
    // A session that is closed before its cancel has ended kills what still puts leases away.
    await Promise.race([run.then(() => cancelled), left.promise]);
  } finally {
    for (const timer of timers) clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
  if (killer) return { status: 'killed', ...told(killer), duration: took() };
  if (late) return { status: 'endless', duration: took() };
  if (trouble !== undefined) return { status: 'error', message: trouble, duration: took() };
  return { status: 'survived', duration: took() };
}

function told({ points, title, failures, duration }: TestVerdict) {
  const [failure] = failures;
  const message = failure?.lesson?.observed ?? failure?.message ?? '';
  return {
    points: [...points],
    test: title,
    message: firstLine(message),
    waited: Math.round(duration),
  };
}

/** Why a task could not be judged. */
function troubleOf({ status, trouble, tests }: TaskVerdict): string | undefined {
  if (status === 'passed' || status === 'failed') return undefined;
  const failure = trouble ?? tests.flatMap(({ failures }) => failures)[0];
  return firstLine(failure?.message ?? status);
}

function firstLine(text: string): string {
  return text.trim().split('\n', 1)[0] ?? '';
}

/** Judges mutants, `lanes` at a time. Stops when `signal` is aborted, or when one cannot be judged. */
export async function judgeAll(
  mutants: readonly Mutant[],
  lanes: number,
  judgeOne: (mutant: Mutant, lane: number) => Promise<MutantVerdict>,
  onJudged: (mutant: Mutant, verdict: MutantVerdict) => void,
  signal: AbortSignal,
): Promise<void> {
  const waiting = mutants.values();
  let broken = false;
  const walk = async (lane: number): Promise<void> => {
    for (const mutant of waiting) {
      const verdict = await judgeOne(mutant, lane).catch((error: unknown) => {
        broken = true;
        throw error;
      });
      // What was cut short says nothing.
      if (signal.aborted) return;
      onJudged(mutant, verdict);
      if (broken) return;
    }
  };
  const walks = Array.from({ length: lanes }, (_none, lane) => walk(lane));
  const settled = await Promise.allSettled(walks);
  signal.throwIfAborted();
  for (const each of settled) if (each.status === 'rejected') throw each.reason;
}
