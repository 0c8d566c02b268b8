import { expect, explain, type LogEntry, lesson } from '@backend-labs/testkit';
import type { ClientTrace } from './checkouts.ts';

interface Sent {
  readonly requestId: string;
  readonly trace: ClientTrace;
  readonly orderId: string;
}

/** Asserts that the one completion line with this order's id has the ids of its request. */
export async function expectOwnLine(
  { requestId, trace, orderId }: Sent,
  lines: readonly LogEntry[],
): Promise<void> {
  const own = lines.filter(({ fields }) => fields['requestId'] === requestId);
  await explain(
    () => {
      expect(own.length, `completion lines with requestId ${requestId}`).toBe(1);
      expect(own[0]?.fields['trace_id'], `trace_id in the completion line of ${requestId}`).toBe(
        trace.traceId,
      );
    },
    () => {
      const ids = new Map<unknown, number>();
      for (const { fields } of lines) {
        ids.set(fields['requestId'], (ids.get(fields['requestId']) ?? 0) + 1);
      }
      const most = Math.max(...ids.values());
      if (most < 2) return;
      lesson('one-variable-for-all', {
        observed: `${most} completion lines have the same requestId; the line of ${orderId} should be the only one with ${requestId}.`,
        meaning:
          'A variable of a module is shared by all requests. While one waits for the database, the next one overwrites it.',
        lookAt: 'what belongs to one request and to all code that runs on its behalf.',
      });
    },
  );
}

/** Asserts that the worker's lines about an order have the trace of its request. */
export async function expectOwnTrace(
  { trace, orderId }: Sent,
  lines: readonly LogEntry[],
): Promise<void> {
  const own = lines.filter(({ fields }) => fields['orderId'] === orderId);
  expect(own.length, `lines of the worker with orderId ${orderId} (2.5)`).toBeGreaterThan(0);
  await explain(
    () => {
      for (const { fields } of own) {
        expect(fields['trace_id'], `trace_id in a line of the worker about ${orderId}`).toBe(
          trace.traceId,
        );
      }
    },
    () => {
      const without = lines.filter(({ fields }) => fields['trace_id'] === undefined);
      if (without.length !== lines.length) return;
      lesson('context-of-the-start', {
        observed: `None of the ${lines.length} lines of the worker has a trace_id.`,
        meaning:
          'A callback runs in the context in which it was registered or called. One that was registered at the start of the process, or that is called from a timer, runs outside every span.',
        lookAt: 'what is active when the worker writes its line, and which code made it active.',
      });
    },
  );
}

/** Asserts that all lines of one request have its id. */
export async function expectSameId(requestId: string, lines: readonly LogEntry[]): Promise<void> {
  const without = lines.filter(({ fields }) => fields['requestId'] !== requestId);
  await explain(
    () => {
      const told = without.map(({ msg = '' }) => msg);
      expect(told, `lines of ${requestId} without its requestId`).toEqual([]);
    },
    () => {
      if (without.length === lines.length) return;
      lesson('id-only-at-the-end', {
        observed: `${lines.length - without.length} of ${lines.length} lines of one request have its requestId. "${without[0]?.msg ?? ''}" does not.`,
        meaning: 'A search for the request finds how it ended, but not what happened on the way.',
        lookAt:
          'how code far from the request can know on whose behalf it runs, without a parameter for it.',
      });
    },
  );
}
