import type { Task } from '@backend-labs/catalog';
import {
  type Failure,
  lessonSchema,
  type PointVerdict,
  type Status,
  tallySchema,
  type TaskVerdict,
  type TestVerdict,
} from '@backend-labs/protocol';
import type { SerializedError } from 'vitest';
import type { TestCase, TestModule } from 'vitest/node';
import { readableDiff } from './diff.ts';

/** The verdict on one task from vitest's record of its test file. */
export function verdictOf(task: Task, module: TestModule): TaskVerdict {
  const cases = [...module.children.allTests()];
  const tests = cases.map(testVerdict);
  const trouble = troubleOf(module, cases);
  return {
    ...headOf(task),
    status: statusOf(tests, trouble),
    points: pointVerdicts(task, tests, trouble),
    tests,
    ...(trouble && { trouble }),
    duration: module.diagnostic().duration,
  };
}

/** The verdict on one test that has ended. */
export function testVerdict(test: TestCase): TestVerdict {
  const { points = [], service, lastAnswer, fault } = test.meta();
  const failures = fault
    ? [{ status: 'error', ...fault } as const]
    : (test.result().errors ?? []).map((error) => failureFrom(error, lastAnswer));
  return {
    title: test.fullName,
    points,
    status: worst(failures),
    failures,
    ...(service && { service }),
    duration: test.diagnostic()?.duration ?? 0,
  };
}

/** A verdict without a run. */
export function unrun(
  task: Task,
  status: 'not run' | 'error' | 'waiting',
  reason: { readonly trouble: Failure } | { readonly waitsFor: number },
): TaskVerdict {
  const points = task.points.map(({ id, text }) => ({ id, text, status }));
  return { ...headOf(task), status, points, tests: [], ...reason, duration: 0 };
}

/** The points of the task that a test judges, as far as its tests have ended. */
export function pointVerdicts(
  task: Task,
  tests: readonly TestVerdict[],
  trouble?: Failure,
): PointVerdict[] {
  return task.points.map(({ id, text }) => {
    const own = tests.filter(({ points }) => points.includes(id));
    const status = own.length > 0 ? statusOf(own) : trouble ? 'error' : 'not run';
    return { id, text, status };
  });
}

function headOf({ number, slug, title, stretch }: Task) {
  return { task: number, slug, title, stretch };
}

/** What was proven stays proven: one failed test outweighs whatever else broke. */
function statusOf(tests: readonly TestVerdict[], trouble?: Failure): Status {
  const statuses = new Set(tests.map(({ status }) => status));
  if (statuses.has('failed')) return 'failed';
  if (trouble || statuses.has('error') || statuses.size === 0) return 'error';
  return statuses.has('not run') ? 'not run' : 'passed';
}

function worst(failures: readonly Failure[]): TestVerdict['status'] {
  const statuses = new Set(failures.map(({ status }) => status));
  return (['failed', 'error', 'not run'] as const).find((each) => statuses.has(each)) ?? 'passed';
}

/** What the errors of the testkit and the stack carry, beside what every error has. */
interface Thrown extends SerializedError {
  readonly lesson?: unknown;
  readonly tally?: unknown;
  /** `machine`: evidence that the program under test is not at fault. */
  readonly blame?: unknown;
  /** `NOT_PROVIDED`: the server that is there cannot do what the test needs. */
  readonly code?: unknown;
  readonly fix?: unknown;
}

/** A failed assertion, and whatever speaks of the program under test in its own words. */
const OWN_WORDS = new Set(['AssertionError', 'LessonError', 'ServiceError', 'SqlError']);

/** What `toBe` adds to say how it compared. */
const HOW_COMPARED = / \/\/ Object\.is equality$/u;

/**
 * What a test throws is the learner's failure, unless it carries evidence that a server or the
 * machine is at fault.
 */
function failureFrom(error: Thrown, lastAnswer?: string): Failure {
  const lesson = lessonSchema.safeParse(error.lesson).data;
  const tally = tallySchema.safeParse(error.tally).data;
  const message = withDiff(error.message.replace(HOW_COMPARED, ''), error.diff);
  if (error.blame === 'machine') {
    const fix = typeof error.fix === 'string' ? { fix: error.fix } : {};
    const status = error.code === 'NOT_PROVIDED' ? 'not run' : 'error';
    return { status, message, ...fix };
  }
  return {
    status: 'failed',
    message: OWN_WORDS.has(error.name ?? '') ? message : unexpected(error, lastAnswer),
    ...(lesson && { lesson }),
    ...(tally && { tally }),
  };
}

/** What stands for the part of a value that was too long to show, as in `[ …(30) ]` or `'abc…'`. */
const CUT = /…/u;

/** A message that hides the difference, and the difference. */
function withDiff(message: string, diff: unknown): string {
  if (typeof diff !== 'string' || !CUT.test(message)) return message;
  // Indented, so that it keeps its shape.
  return [message, ...readableDiff(diff).map((line) => `  ${line}`)].join('\n');
}

/** An error that no test foresaw: it read an answer or a table that was not as the ticket has it. */
function unexpected({ name = 'Error', message }: Thrown, lastAnswer?: string): string {
  const seen = lastAnswer ? `\nThe last answer: ${lastAnswer}` : '';
  return `The test could not go on with what it got: ${name}: ${message}${seen}`;
}

/** What is wrong beside the tests: the file itself, its clean-up, a test without an end. */
function troubleOf(module: TestModule, cases: readonly TestCase[]): Failure | undefined {
  const [error] = [
    ...module.errors(),
    ...module.children.array().flatMap((child) => (child.type === 'suite' ? child.errors() : [])),
  ];
  if (error) {
    const { message, fix } = { fix: undefined, ...error } as Thrown;
    return { status: 'error', message, ...(typeof fix === 'string' && { fix }) };
  }
  const unfinished = cases.find((test) => !['passed', 'failed'].includes(test.result().state));
  if (unfinished) {
    return { status: 'error', message: `The test "${unfinished.name}" did not finish.` };
  }
  return cases.length === 0
    ? { status: 'error', message: 'The test file has no tests.' }
    : undefined;
}
