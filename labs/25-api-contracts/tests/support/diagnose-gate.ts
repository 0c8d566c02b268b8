import { lesson } from '@backend-labs/testkit';
import type { Change } from './changes/change.ts';
import { BREAKING } from './changes/core.ts';
import { HARMLESS } from './changes/harmless.ts';
import type { Verdict } from './gate.ts';

/** Throws a lesson if the verdict on all changes of task 5 shows how the gate works. */
export function diagnoseGate({ named }: Verdict): void {
  const missed = BREAKING.filter(({ operation, lines }) => (named.get(operation) ?? 0) < lines);
  const blamed = HARMLESS.filter(({ operation }) => named.has(operation));
  const show = (changes: readonly Change[]): string =>
    changes
      .slice(0, 3)
      .map(({ operation }) => operation)
      .join(' and ');
  const missedAll = (test: (change: Change) => boolean): boolean =>
    missed.length > 0 && BREAKING.every((change) => test(change) === missed.includes(change));

  if (blamed.length > HARMLESS.length / 2) {
    lesson('every-change-breaks', {
      observed: `The gate named ${blamed.length} of ${HARMLESS.length} changes that break nobody, such as ${show(blamed)}.`,
      meaning:
        'A gate that refuses what nobody would notice is skipped by hand each time, and soon also for the change that matters.',
      lookAt: 'for each change, whether a client of the old document can go on with the new one.',
    });
  }
  directionBlind(named);
  if (missedAll(({ operation }) => /behind-ref|both-directions/u.test(operation))) {
    lesson('references-not-followed', {
      observed: `The gate missed ${show(missed)}. In each the operation is the same as before, and the component that it refers to changed.`,
      meaning:
        'A $ref is a name. Two documents can use the same name for different things, and most of a real contract is in its components.',
      lookAt: 'what your OpenAPI library offers to put in the place of references.',
    });
  }
  if (missed.length === 0 && blamed.every(({ operation }) => operation.includes('/optional-'))) {
    if (blamed.length === 0) return;
    lesson('optional-is-not-required', {
      observed: `Of all changes that break nobody, the gate named ${show(blamed)}: inputs that are new and may be left out.`,
      meaning:
        'No client of the old document sends them, and no client has to. Optional inputs are how an API grows, and the gate forbids it.',
      lookAt: 'which new inputs a client of the old document would miss.',
    });
  }
  if (blamed.length > 0) return;
  if (missedAll(({ operation }) => /null/u.test(operation))) {
    lesson('null-is-a-type', {
      observed: `Of all changes that break, the gate missed ${show(missed)}.`,
      meaning:
        'A client that has never seen a null reads a field of it, and fails. For a service that no longer takes it, the same holds the other way round.',
      lookAt: 'what your comparison does with a type that is a list.',
    });
  }
  if (missedAll(({ lines }) => lines > 1) && [...named.values()].every((lines) => lines === 1)) {
    lesson('first-finding-only', {
      observed: `The gate named ${named.size} operations, each in one line. In ${show(missed)} two things break.`,
      meaning:
        'A developer who learns about one break fixes that one, or talks with the clients about it, and then releases. The clients find the other one.',
      lookAt: 'where the search for breaks ends, and what it has not looked at by then.',
    });
  }
  if (missedAll(({ operation }) => /header|cookie|\{q\}/u.test(operation))) {
    lesson('query-only', {
      observed: `Of all changes that break, the gate missed those of headers, cookies and the path: ${show(missed)}.`,
      meaning:
        'Clients send parameters in the query, in headers, in cookies and in the path. A header that becomes required breaks each of them, as a query parameter does.',
      lookAt: 'what the member "in" of a parameter can say.',
    });
  }
  if (
    missedAll(
      ({ point, operation }) =>
        point === '5.4' && /key|scope|alternative|both|anonymous/u.test(operation),
    )
  ) {
    lesson('security-unread', {
      observed: `The gate missed every change of security, such as ${show(missed)}.`,
      meaning:
        'A client without a key, or with a token of fewer scopes, gets 401 or 403 after the release. No schema has changed, and the client is broken all the same.',
      lookAt: 'which members of an operation say what a client must bring.',
    });
  }
  if (missedAll(({ operation }) => /in-201|in-problem|in-default/u.test(operation))) {
    lesson('only-200', {
      observed: `The gate saw that fields of answers 200 were gone, and missed ${show(missed)}.`,
      meaning:
        'Clients read errors and other successes as well: they show a title, or retry by a code. An answer has a shape whatever its status.',
      lookAt: 'which of the described answers are compared.',
    });
  }
}

/** Pairs of the same change in an input and in an answer: exactly one of each pair breaks. */
const MIRRORED = [
  ['GET /value-removed-from-parameter', 'GET /value-removed-from-answer'],
  ['GET /value-added-to-parameter', 'GET /value-added-to-answer'],
  ['POST /field-made-optional', 'GET /field-may-be-missing'],
] as const;

function directionBlind(named: Verdict['named']): void {
  // A gate that says little proves nothing.
  if (named.size < BREAKING.length / 2) return;
  if (!MIRRORED.every(([input, answer]) => named.has(input) === named.has(answer))) return;
  lesson('direction-blind', {
    observed: `The gate ${named.has('GET /value-removed-from-answer') ? 'named' : 'accepted'} a value that is gone from a parameter and one that is gone from an answer alike, and it ${named.has('GET /value-added-to-answer') ? 'named' : 'accepted'} a value that is new in a parameter and one that is new in an answer.`,
    meaning:
      'A client sends requests and receives answers, so the two are opposites. A service may take more than before and must not take less. It may answer less than before and must not answer more.',
    lookAt: 'on which side of the service a schema is when you compare it.',
  });
}

/** Throws a lesson if a gate that could not compare ended like one that found a break. */
export function crashIsOne({ code, named }: Verdict, what: string): void {
  if (code !== 1 || named.size > 0) return;
  lesson('crash-reads-as-a-break', {
    observed: `If ${what}, the gate names no change and ends with 1.`,
    meaning:
      'Node ends with 1 if nobody catches an error. For the pipeline that is the answer "something breaks", and a person looks for a change of the contract that is not there.',
    lookAt: 'how a caller tells the three ways apart in which the comparison can end.',
  });
}
