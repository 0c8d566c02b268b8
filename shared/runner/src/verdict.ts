import type { Task } from '@backend-labs/catalog';
import { type Lesson, lessonSchema } from '@backend-labs/protocol';
import type { SerializedError } from 'vitest';
import type { TestCase, TestModule } from 'vitest/node';

/** `error`: the machine or we are at fault, never the learner. `not run`: a server could not be had. */
export type Status = 'passed' | 'failed' | 'error' | 'not run' | 'waiting';

export interface Failure {
  /** Title of the test, with the titles of its groups. */
  readonly test: string;
  readonly status: 'failed' | 'error';
  /** Id of the lesson, when the test could name the mistake. */
  readonly lesson?: string;
  /** What a person reads; may have several lines. Never a stack trace. */
  readonly message: string;
  /** For an error: what fixes it. */
  readonly fix?: string;
}

export interface TaskResult {
  readonly task: number;
  readonly slug: string;
  readonly title: string;
  readonly status: Status;
  /** For `waiting`: the task to pass first. */
  readonly waitsFor?: number;
  readonly tests: { readonly passed: number; readonly failed: number };
  readonly failures: readonly Failure[];
  /** What the service under test said before the failure. */
  readonly service?: ServiceOutput;
  /** Milliseconds. */
  readonly duration: number;
}

/** The service's own words: error lines first, then the last lines of all. */
export interface ServiceOutput {
  readonly errors: readonly string[];
  readonly tail: readonly string[];
}

/** What a test that failed for an expected reason throws. All else that is thrown is an error of ours. */
const FAILURES = new Set(['LessonError', 'AssertionError', 'ServiceError']);

/** The verdict on one task from vitest's record of its test file. */
export function verdictOf(task: Task, module: TestModule): TaskResult {
  const cases = [...module.children.allTests()];
  const failures = [
    ...module.errors().map((error) => failureFrom('the test file', error)),
    ...module.children
      .array()
      .flatMap((child) =>
        child.type === 'suite'
          ? child.errors().map((error) => failureFrom(child.fullName, error))
          : [],
      ),
    ...cases.flatMap((test) =>
      (test.result().errors ?? []).map((error) => failureFrom(test.fullName, error)),
    ),
  ];
  const passed = cases.filter((test) => test.result().state === 'passed').length;
  const unfinished = cases.filter((test) => !['passed', 'failed'].includes(test.result().state));
  if (failures.length === 0 && (cases.length === 0 || unfinished.length > 0)) {
    failures.push(unjudged(cases, unfinished));
  }
  return {
    task: task.number,
    slug: task.slug,
    title: task.title,
    status: worst(failures),
    tests: { passed, failed: cases.length - passed },
    failures: withoutRepeats(failures),
    ...serviceOutput(cases),
    duration: module.diagnostic().duration,
  };
}

/** A verdict without a run. */
export function unrun(
  task: Task,
  status: 'not run' | 'error' | 'waiting',
  reason: { message: string; fix?: string } | { waitsFor: number },
): TaskResult {
  const result = {
    task: task.number,
    slug: task.slug,
    title: task.title,
    status,
    tests: { passed: 0, failed: 0 },
    duration: 0,
  };
  return 'waitsFor' in reason
    ? { ...result, failures: [], waitsFor: reason.waitsFor }
    : { ...result, failures: [{ test: task.title, status: 'error', ...reason }] };
}

function worst(failures: readonly Failure[]): Status {
  if (failures.length === 0) return 'passed';
  return failures.some(({ status }) => status === 'error') ? 'error' : 'failed';
}

/** What the testkit's errors carry, beside what every error has. */
interface Thrown extends SerializedError {
  readonly lesson?: unknown;
  readonly fix?: unknown;
}

function failureFrom(test: string, error: Thrown): Failure {
  const name = typeof error.name === 'string' ? error.name : '';
  const failed = FAILURES.has(name);
  const lesson = lessonOf(error);
  return {
    test,
    status: failed ? 'failed' : 'error',
    message: messageOf(error),
    ...(lesson && { lesson: lesson.id }),
    ...(typeof error.fix === 'string' && { fix: error.fix }),
  };
}

/** What `toBe` adds to say how it compared. */
const HOW_COMPARED = / \/\/ Object\.is equality$/u;

function lessonOf({ lesson }: Thrown): Lesson | undefined {
  return lessonSchema.safeParse(lesson).data;
}

/** A lesson's three parts, a line each, left for whoever shows them to wrap. */
function messageOf(error: Thrown): string {
  const lesson = lessonOf(error);
  if (!lesson) return error.message.replace(HOW_COMPARED, '');
  const { observed, meaning, lookAt } = lesson;
  return `Observed  ${observed}\nMeaning   ${meaning}\nLook at   ${lookAt}`;
}

function unjudged(cases: readonly TestCase[], unfinished: readonly TestCase[]): Failure {
  const [first] = unfinished;
  return first
    ? {
        test: first.fullName,
        status: 'error',
        message: `The test "${first.name}" did not come to an end.`,
      }
    : {
        test: 'the test file',
        status: 'error',
        message: `The test file holds ${cases.length} tests.`,
      };
}

/** A service that never starts fails every test of its file with the same words; once is enough. */
function withoutRepeats(failures: readonly Failure[]): Failure[] {
  const seen = new Set<string>();
  return failures.filter(({ message }) => !seen.has(message) && seen.add(message));
}

function serviceOutput(cases: readonly TestCase[]): { service?: ServiceOutput } {
  for (const test of cases) {
    const output = (test.meta() as { service?: ServiceOutput }).service;
    if (output) return { service: output };
  }
  return {};
}
