import { lesson } from '@backend-labs/testkit';
import type { Change } from './changes/change.ts';
import { DEEP_BREAKING, DEEP_HARMLESS } from './changes/deep.ts';
import type { Verdict } from './gate.ts';

/** Throws a lesson if the verdict on all changes of task 7 shows how the gate works. */
export function diagnoseDeepGate({ named }: Verdict): void {
  const missed = DEEP_BREAKING.filter(({ operation }) => !named.has(operation));
  const blamed = DEEP_HARMLESS.filter(({ operation }) => named.has(operation));
  const show = (changes: readonly Change[]): string =>
    changes
      .slice(0, 3)
      .map(({ operation }) => operation)
      .join(' and ');
  /** Whether it missed most of one point's changes, and no other. */
  const missedPoint = (point: string): boolean =>
    missed.length > DEEP_BREAKING.filter((each) => each.point === point).length / 2 &&
    missed.every((each) => each.point === point);

  if (missedPoint('7.1') && blamed.length === 0) {
    lesson('itself-is-skipped', {
      observed: `The gate missed ${show(missed)}: changes in schemas that refer to themselves or to each other. It named all others.`,
      meaning:
        'A library that puts schemas in the place of references has to stop at a circle. Depending on an option, it leaves the reference there, and to a reader of schemas a reference says nothing.',
      lookAt: 'what a schema that refers to itself looks like when your comparison gets it.',
    });
  }
  if (missedPoint('7.2')) {
    lesson('parts-unread', {
      observed: `The gate missed ${show(missed)}: changes in the parts of an allOf. It named all others.`,
      meaning:
        'Every part of an allOf holds for the value. What one part requires is required, as if it stood beside the allOf.',
      lookAt: 'which keywords of a schema contain further schemas that hold as well.',
    });
  }
  if (missedPoint('7.3') && blamed.length === 0) {
    lesson('one-alternative-is-enough', {
      observed: `The gate missed ${show(missed)}: changes of alternatives. It named all others.`,
      meaning:
        'A value may follow any of the alternatives, and the sender chooses. Each alternative of the sender has to be among those of the receiver; that one of them is there says little.',
      lookAt: 'on which side of the comparison "every" belongs, and on which "some".',
    });
  }
  if (
    missed.length > 0 &&
    blamed.length === 0 &&
    missed.every(({ operation }) => /format|pattern/u.test(operation))
  ) {
    lesson('formats-are-not-words', {
      observed: `The gate missed ${show(missed)}. It named all other changes that break.`,
      meaning:
        'A client parses a date-time because the document says that it is one, and sends texts that the pattern allows. A change of either breaks it like a change of the type.',
      lookAt: 'which keywords of a text your comparison reads.',
    });
  }
}
