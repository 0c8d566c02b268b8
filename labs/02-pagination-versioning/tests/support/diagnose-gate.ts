import { lesson, LessonError, SomeWrong } from '@backend-labs/testkit';
import { type Change, CHANGES, type Json } from './contracts.ts';
import type { Verdict } from './gate.ts';

const BREAKS = CHANGES.filter(({ breaking }) => breaking).length;
const HARMLESS = CHANGES.length - BREAKS;

/** `explain` with everything that the gate said of all changes; a failure that counts keeps its counts. */
export async function diagnoseGate(
  verdict: Verdict,
  assertion: () => void | Promise<void>,
): Promise<void> {
  try {
    await assertion();
  } catch (failure) {
    const taught = lessonOf(verdict);
    if (failure instanceof SomeWrong) throw new SomeWrong(failure.tally, taught?.lesson);
    throw taught && failure instanceof Error && failure.name === 'AssertionError'
      ? taught
      : failure;
  }
}

function lessonOf(verdict: Verdict): LessonError | undefined {
  try {
    diagnose(verdict);
    return undefined;
  } catch (error) {
    if (error instanceof LessonError) return error;
    throw error;
  }
}

function diagnose(verdict: Verdict): void {
  const { named } = verdict;
  const missed = CHANGES.filter(({ operation, lines }) => (named.get(operation) ?? 0) < lines);
  const blamed = CHANGES.filter(({ operation, breaking }) => !breaking && named.has(operation));
  if (blamed.length === 0) firstFindingOnly(verdict, missed);
  everyChangeBreaks(missed, blamed);
  referencesNotFollowed(missed, blamed);
  directionBlind(verdict);
  queryOnly(missed, blamed);
}

function everyChangeBreaks(missed: readonly Change[], blamed: readonly Change[]): void {
  // One of them is no change at all.
  if (missed.every(({ lines }) => lines > 1) && blamed.length >= HARMLESS - 2) {
    lesson('every-change-breaks', {
      observed: `The gate named ${blamed.length} of ${HARMLESS} harmless changes, among them a field more in an answer and a parameter that may be left out.`,
      meaning:
        'A gate that refuses what nobody would notice is opened by hand each time, and soon for the change that matters, too.',
      lookAt:
        'for each change, whether a client that follows the old document still gets on with the new one.',
    });
  }
}

function referencesNotFollowed(missed: readonly Change[], blamed: readonly Change[]): void {
  if (
    CHANGES.every((change) => !change.breaking || !change.byReference || missed.includes(change)) &&
    missed.every(({ byReference }) => byReference) &&
    blamed.every(
      ({ byReference, operation }) => byReference || operation.endsWith('/words-and-order'),
    )
  ) {
    lesson('references-not-followed', {
      observed: `Of the changes that break, the gate missed ${missed.map(({ operation }) => operation).join(' and ')}. In each the operation is the same as before; the component that it refers to changed.`,
      meaning:
        'A $ref is a name. Two documents can say the same name and mean different things by it, and most of a real contract stands in its components.',
      lookAt: 'what your OpenAPI library offers to put in the place of references.',
    });
  }
}

function directionBlind({ named }: Verdict): void {
  const mirrored = [
    ['GET /value-removed-from-input', 'GET /value-removed-from-answer'],
    ['GET /value-added-to-input', 'GET /value-added-to-answer'],
  ];
  if (
    // Most of what breaks was seen: it is no gate that says little.
    named.size > BREAKS / 2 &&
    mirrored.every(([input = '', output = '']) => named.has(input) === named.has(output))
  ) {
    lesson('direction-blind', {
      observed: `The gate ${named.has('GET /value-removed-from-answer') ? 'refused' : 'let pass'} a value that went from a parameter and from an answer alike, and ${named.has('GET /value-added-to-input') ? 'refused' : 'let pass'} a value that came to a parameter and to an answer.`,
      meaning:
        'What clients send and what they get are opposites. A service may take more than before and must not take less; it may say less than before and must not say more.',
      lookAt: 'on which side of the service a schema stands when you compare it.',
    });
  }
}

/** Two breaks of one operation, of which the gate told one. */
function firstFindingOnly({ named }: Verdict, missed: readonly Change[]): void {
  if (missed.length === 0 || missed.some(({ operation }) => named.get(operation) !== 1)) return;
  const many = [...named.values()].filter((lines) => lines > 1);
  if (many.length > 0) return;
  lesson('first-finding-only', {
    observed: `The gate named ${named.size} operations, each in one line. In ${missed.map(({ operation }) => operation).join(' and ')} two things break.`,
    meaning:
      'Whoever is told of one break mends that one, or talks with the clients about it, and lets the change through. What the gate has not said is found by the clients.',
    lookAt: 'where the search for what breaks ends, and what it has not looked at by then.',
  });
}

function queryOnly(missed: readonly Change[], blamed: readonly Change[]): void {
  if (blamed.length > 0 || missed.length !== 1) return;
  if (missed[0]?.operation !== 'GET /header-required') return;
  lesson('query-only', {
    observed: 'Of all changes, the gate missed one: a header that has to be there now.',
    meaning:
      'Clients send parameters in the query, in headers, in cookies and in the path. A header that becomes required breaks each of them, as a query parameter does.',
    lookAt: 'what the member "in" of a parameter can say.',
  });
}

/** Throws a lesson when a contract leaves the default of a limit out. */
export function defaultUnsaid(schema: Json, path: string): void {
  const { minimum, maximum } = schema;
  if (minimum !== 1 || maximum !== 1000 || schema['default'] !== undefined) return;
  lesson('default-unsaid', {
    observed: `The contract of GET ${path} bounds limit by 1 and 1000, and names no default.`,
    meaning:
      'Most clients send no limit and live on the default. If the contract is silent about it, no tool sees when it changes.',
    lookAt: 'what a client relies on that it never sends.',
  });
}

/** Throws a lesson when a gate that came to no answer ends as one that found a break. */
export function crashIsOne(code: number | null, named: number, what: string): void {
  if (code !== 1 || named > 0) return;
  lesson('crash-reads-as-a-break', {
    observed: `Where ${what}, the gate named no change and ended with 1.`,
    meaning:
      'Node ends with 1 when nobody catches an error. For the pipeline that is the answer "something breaks", and a person looks for a change in the contract that is not there.',
    lookAt: 'how a caller tells the three ways apart in which the comparison can end.',
  });
}
