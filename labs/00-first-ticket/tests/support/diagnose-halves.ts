import { lesson } from '@backend-labs/testkit';
import { openTransactions, stillOpen } from './diagnose-open.ts';
import type { State } from './loans.ts';
import { type Attempt, CHANGES, type Desk, lendOneRefused } from './refusal.ts';

const isMissing = (status: number, { loans }: State): boolean => status === 201 && loans === 0;
const isHalf = ({ available, loans }: State): boolean => available === loans > 0;

/** Some of many loans came out wrong. How does a single refused loan come out? */
export async function explainHalves(desk: Desk, attempts: readonly Attempt[]): Promise<void> {
  const alone = await leavesHalfAlone(desk);
  if (alone) halfALoan(alone);
  const wrong = attempts.filter(({ status, state }) => isHalf(state) || isMissing(status, state));
  if (wrong.length === 0) return;
  lesson('begin-on-the-pool', {
    observed: `Of ${attempts.length} loans at the same time, ${wrong.length} were half made, or answered 201 without a row in \`loans\`. When only one loan ran, nothing was left behind.`,
    meaning:
      'A transaction belongs to one connection. `pool.query` takes any free connection for each statement. While other requests are running, BEGIN goes to one connection and the UPDATE to another, in the middle of a transaction of another request.',
    lookAt: '"Transactions" in the documentation of node-postgres, and `pool.connect`.',
  });
}

/** A kill left half a loan. Does code of the service undo halves? */
export async function undoneByCode(desk: Desk, state: State): Promise<void> {
  if (!isHalf(state)) return;
  const killed = `The service was killed between the two changes of a loan. Now ${half(state)}.`;
  if (await leavesHalfAlone(desk)) halfALoan(killed);
  lesson('undone-by-code', {
    observed: `${killed} If Postgres refuses the second change, the service does take the first one back.`,
    meaning:
      'Code of the service takes the first change back. A killed process runs no code, no `catch` and no `finally`. Postgres can do this without the service: it undoes a transaction that was not committed.',
    lookAt:
      'which program undoes the first change, and whether that still works without the service.',
  });
}

/**
 * Lends one book at a time while Postgres refuses one statement after the other.
 *
 * @returns what was seen if half a loan was left.
 */
async function leavesHalfAlone(desk: Desk): Promise<string | undefined> {
  for (const change of CHANGES) {
    const before = await openTransactions(desk.postgres);
    const { status, state } = await lendOneRefused(desk, change);
    await stillOpen(desk.postgres, before);
    if (change === 'COMMIT' && isMissing(status, state)) {
      lesson('answered-before-commit', {
        observed:
          'A loan answered 201, and `loans` has no row for it. The test made Postgres refuse the COMMIT, as if the disk were full. (Your disk is fine.) The COMMIT came after the answer.',
        meaning:
          'The answer was sent before COMMIT. Until then nothing is final: COMMIT can fail, and the service can be killed before it. Then the member has the book, and no table knows.',
        lookAt: 'which comes first, the answer or the COMMIT.',
      });
    }
    if (!isHalf(state)) continue;
    return `The service tried to make a loan. The test made Postgres refuse the ${change}, as if the disk were full. (Your disk is fine.) The service answered ${status}. Now ${half(state)}.`;
  }
  return undefined;
}

function half({ loans }: State): string {
  return loans === 0
    ? 'the book is marked as lent, and `loans` has no row for it'
    : '`loans` has a row for it, and the book is marked as available';
}

function halfALoan(observed: string): never {
  lesson('half-a-loan', {
    observed,
    meaning:
      'Each `pool.query` stands alone: when it has ended, its change stays. A loan needs two changes. If the second one fails, or if the service is killed before it, nothing takes the first one back.',
    lookAt: 'a transaction: BEGIN, COMMIT and ROLLBACK.',
  });
}
