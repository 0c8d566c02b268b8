import { type Answer, lesson, type StartedService } from '@backend-labs/testkit';
import { pageOf } from './events.ts';

/** Throws a lesson when a `count` that there is not was answered as if there had been none. */
export async function ignoredCount(service: StartedService, answer: Answer): Promise<void> {
  if (answer.status !== 200 || pageOf(answer).total !== undefined) return;
  const estimated = await service.get('/v1/events?count=estimate');
  if (pageOf(estimated).total === undefined) return;
  lesson('wrong-value-ignored', {
    observed: `${answer.request} answered 200, a page without a total, as if nobody had asked for one.`,
    meaning:
      'The client asked for something that there is not, and learns nothing of it: it reads a total that is missing, far away from the typing error that caused it. For a new parameter refusing is free, since nobody sends it yet.',
    lookAt: 'the difference between a parameter that is absent and one that is wrong.',
  });
}
