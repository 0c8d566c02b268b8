import {
  expect,
  explain,
  lesson,
  type OtlpCollector,
  type StartedService,
} from '@backend-labs/testkit';
import { setTimeout as sleep } from 'node:timers/promises';

/** Asserts that a service that got SIGTERM ends well, in time. */
export async function expectEnds(
  service: StartedService,
  within: number,
  collector: string,
): Promise<void> {
  const exit = await Promise.race([service.exited, sleep(within, undefined, { ref: false })]);
  const what = `exit code of ${service.name} within ${within} ms of SIGTERM, with a ${collector}`;
  await explain(
    () => expect(exit?.code ?? 'none: it still runs', what).toBe(0),
    () => {
      if (!collector.includes('never')) return;
      lesson('flush-forever', {
        observed: exit
          ? `With a ${collector}, ${service.name} ended with code ${String(exit.code)} after SIGTERM.`
          : `With a ${collector}, ${service.name} still runs ${within} ms after SIGTERM.`,
        meaning:
          'A flush ends when the collector answers or the exporter gives up. Telemetry is worth a few seconds of a shutdown, and never more than the orchestrator allows.',
        lookAt: 'what bounds the wait for the flush.',
      });
    },
  );
}

/** Asserts that something was exported before the end. */
export async function expectExported(
  what: string,
  exported: boolean,
  collector: OtlpCollector,
): Promise<void> {
  await explain(
    () => expect(exported, `whether ${what} was exported before the process ended`).toBe(true),
    () => {
      if (collector.requests.length > 0) return;
      lesson('no-flush', {
        observed: 'Both processes ended, and the collector got nothing.',
        meaning:
          'Spans and metrics are exported in batches, seconds apart. The last batch is lost when the process ends without a flush, and that batch is the one that explains the end.',
        lookAt: 'the order of a shutdown: first stop the code that makes spans, then export them.',
      });
    },
  );
}

/** Of checkouts that were sent. */
export interface Counts {
  /** With 202, in time. */
  readonly answered: number;
  /** In time after the last answer. */
  readonly shipped: number;
}

/** Asserts that a faulty collector changes nothing: `before` it answered. */
export async function expectUnharmed(
  collector: string,
  before: Counts,
  after: Counts,
  sent: number,
): Promise<void> {
  const all = { answered: sent, shipped: sent };
  expect(before, `checkouts of ${sent} that went well with a collector that answers`).toEqual(all);
  await explain(
    () => expect(after, `checkouts of ${sent} that went well with a ${collector}`).toEqual(all),
    () => {
      lesson('waits-for-the-collector', {
        observed: `With a collector that answers, ${before.answered} of ${sent} checkouts were answered and ${before.shipped} were shipped in time. With a ${collector}, ${after.answered} were answered and ${after.shipped} were shipped.`,
        meaning:
          'Only the collector changed, so the service waits for it while it works. An outage of the telemetry is then an outage of the shop.',
        lookAt:
          'which code between the arrival of a request or message and its end awaits an export.',
      });
    },
  );
}
