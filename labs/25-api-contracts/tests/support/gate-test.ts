import { each, expect, SomeWrong, LessonError } from '@backend-labs/testkit';
import type { Change } from './changes/change.ts';
import type { Verdict } from './gate.ts';

/** A verdict of the gate on some changes, and what may explain a wrong one. */
export interface Judged {
  readonly verdict: Verdict;
  /** Throws a lesson if the verdict on all changes shows how the gate works. */
  readonly diagnose: (verdict: Verdict) => void;
}

/** Asserts that the gate named each change in as many lines as it must, at least. */
export const expectNamed = (judged: Judged, changes: readonly Change[]): Promise<void> =>
  explained(judged, () =>
    each('changes', changes, ({ operation, what, lines }) => {
      const found = judged.verdict.named.get(operation) ?? 0;
      const named = lines === 1 ? 'not named' : `named in ${found} of ${lines} lines`;
      expect(found, `${operation} (${what}) was ${named}`).toBeGreaterThanOrEqual(lines);
    }),
  );

/** Asserts that the gate named none of the changes. */
export const expectUnnamed = (judged: Judged, changes: readonly Change[]): Promise<void> =>
  explained(judged, () =>
    each('changes', changes, ({ operation, what }) => {
      const found = judged.verdict.named.get(operation) ?? 0;
      expect(found, `lines that name ${operation} (${what}), which breaks nobody`).toBe(0);
    }),
  );

/** `explain` with everything that the gate printed; a failure that counts keeps its counts. */
export async function explained(
  { verdict, diagnose }: Judged,
  assertion: () => void | Promise<void>,
): Promise<void> {
  try {
    await assertion();
  } catch (failure) {
    try {
      diagnose(verdict);
    } catch (taught) {
      if (!(taught instanceof LessonError)) throw taught;
      if (failure instanceof SomeWrong) throw new SomeWrong(failure.tally, taught.lesson);
      if (failure instanceof Error && failure.name === 'AssertionError') throw taught;
    }
    throw failure;
  }
}
