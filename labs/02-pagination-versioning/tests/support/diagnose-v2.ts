import { type Answer, lesson } from '@backend-labs/testkit';
import { pageOf } from './events.ts';

/** Throws a lesson when an instant lost digits on its way out. */
export function fewerDigits(at: string, shown: unknown): void {
  if (typeof shown !== 'string' || shown === at || !/\.\d{1,5}Z$/u.test(shown)) return;
  if (Date.parse(shown) !== Date.parse(at)) return;
  lesson('fewer-digits', {
    observed: `An event of ${at} is shown as "occurredAt": "${shown}".`,
    meaning:
      'A JavaScript Date ends at milliseconds, and some writers leave out zeros at the end. Clients that compare, sort or deduplicate by the text see other instants than those that happened.',
    lookAt: 'which code writes the instant as a text, and how many digits it knows.',
  });
}

/** Throws a lesson when a list may be filtered by any word. */
export function openFilter(answer: Answer, type: string): void {
  if (answer.status !== 200) return;
  if (pageOf(answer).items.some((event) => event.type !== type)) return;
  lesson('open-on-the-way-in', {
    observed: `${answer.request} answered 200, with ${pageOf(answer).items.length} events.`,
    meaning:
      'That new types may be shown at any time says nothing about what may be asked for. A client with a typing error gets an empty list and takes it for the truth.',
    lookAt: 'which list is open, that of what comes out or that of what goes in.',
  });
}
