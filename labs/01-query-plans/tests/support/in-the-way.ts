import { explain, expect, lesson } from '@backend-labs/testkit';
import type { Obstacle } from './checkout.ts';
import { oneLine } from './runs.ts';

/** Requires that no statement of a run blocked the checkout. `when` completes "… while". */
export function expectNoObstacle(obstacle: Obstacle | undefined, when: string): Promise<void> {
  const locks = obstacle?.locks.join(' and ');
  const statement = oneLine(obstacle?.statement ?? '');
  const observed = `While ${when}, the run was at "${statement}", with ${locks} on orders. An update with lock_timeout = 200ms was refused (55P03).`;
  return explain(
    () => {
      expect(
        obstacle && `55P03 while "${statement}", with ${locks} on orders`,
        `why an update of an order with lock_timeout = 200ms was refused while ${when}`,
      ).toBeUndefined();
    },
    () => {
      if (/^DROP INDEX/iu.test(statement) && obstacle?.locks.includes('AccessExclusiveLock')) {
        lesson('drop-in-the-way', {
          observed,
          meaning:
            'DROP INDEX takes a lock on the table that nothing else goes with. It is held for a moment, but first it is waited for, behind every open transaction, and each statement that comes later queues behind it.',
          lookAt: 'the other way to drop an index.',
        });
      }
      if (obstacle?.locks.includes('ShareLock') !== true) return;
      lesson('blocking-create', {
        observed,
        meaning:
          'CREATE INDEX lets others read and lets nobody write until its transaction ends. On the real table that is seconds for each index, and every checkout queues behind it.',
        lookAt: 'the other way to build an index, and what it asks of the migration runner.',
      });
    },
  );
}
