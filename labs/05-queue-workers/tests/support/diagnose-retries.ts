import { lesson, type RabbitMessage, thousands } from '@backend-labs/testkit';
import type { AmqpWire } from './amqp-wire.ts';
import {
  DELAYS,
  FOREIGN_ATTEMPTS,
  FOREIGN_DEATHS,
  type Life,
  SENDERS_EXPIRATION,
  TRIES,
  WITHIN,
} from './lives.ts';
import { DEAD_QUEUE } from './media.ts';
import type { Death, WiredWorker } from './workers.ts';

/** Throws a lesson when the broker refused a declaration. */
export function diagnoseRefusal({ refusal }: AmqpWire): void {
  if (refusal?.code !== 406) return;
  lesson('reassert-topology', {
    observed: `A worker declared a queue that was there already, with other arguments, and did not start. The broker closed its channel: ${refusal.code} ${refusal.text?.replace(/ in vhost '[^']*'/u, '')}.`,
    meaning:
      'The arguments of a queue cannot change. The broker refuses a second declaration with other arguments, and closes the channel: a deploy that works on an empty broker never starts on this one.',
    lookAt:
      'how to get the same without other arguments on that queue: with a policy, in the worker, or in another queue with another name.',
  });
}

/** Throws a lesson when the line shows that failed messages come back immediately, and for ever. */
export function diagnoseRequeue(wire: AmqpWire, most: number, renders: number): void {
  const again = redeliveries(wire);
  const refused = wire.count('basic.nack') + wire.count('basic.reject');
  if (again < most || refused < most) return;
  const rendered =
    renders === 0
      ? 'A message that can never succeed was tried again'
      : `A job that always fails was rendered ${thousands(renders)} times before the test looked`;
  lesson('nack-requeue-forever', {
    observed: `${rendered}. The worker gave messages back ${thousands(refused)} times, and ${thousands(again)} were redelivered.`,
    meaning:
      'A message that is requeued goes to the head of its queue and comes back immediately. Nothing counts and nothing waits, so one bad job takes all the time of the broker and the worker, for as long as it is bad.',
    lookAt:
      'how often it may be tried, the place of that number, and the place where the message waits.',
  });
}

/**
 * Throws a lesson when the line shows why a job that always fails, and is to be tried `most` times,
 * is tried for ever.
 */
export function diagnoseEndless(wire: AmqpWire, most: number, renders: number): void {
  diagnoseRequeue(wire, most, renders);
  const sent = wire.sent.filter(({ name }) => name === 'basic.publish');
  // A worker that counts in another way may be stuck later, at another delay.
  const alike = new Set(sent.map(({ routingKey }) => routingKey)).size === 1;
  const again = redeliveries(wire);
  if (again >= most || sent.length < most || renders <= most || !alike) return;
  lesson('delivery-count', {
    observed: `A job that always fails was rendered ${thousands(renders)} times before the test looked, and each time the worker sent it to wait again: ${thousands(sent.length)} publishes, ${thousands(again)} redeliveries.`,
    meaning:
      'The count of the broker belongs to a message in its queue, and only in some types of queue. A message that was published again, or came back through a dead-letter exchange, starts without it: each delivery looks like the first.',
    lookAt:
      'a number that travels with the message because you put it there, or a number that stays in one place.',
  });
}

function redeliveries(wire: AmqpWire): number {
  return wire.received.filter(({ name, redelivered }) => name === 'basic.deliver' && redelivered)
    .length;
}

/** Throws a lesson when a message has lost a header that it came with. */
export function diagnoseHeadersLost({ headers, dead: [dead] }: Life): void {
  const name = ownHeaders(headers).find((one) => dead?.headers[one] === undefined);
  if (!dead || name === undefined) return;
  lesson('headers-lost', {
    observed: `A message came with the header ${name}: ${JSON.stringify(headers[name])}. In ${DEAD_QUEUE} it has ${Object.keys(dead.headers).join(', ')}, and ${name} is missing.`,
    meaning:
      'A message is more than its body. Its headers say which program sent it and what it belongs to. The person who looks for the cause reads them, and so does every consumer after you.',
    lookAt: 'which parts of a message you pass on, and which you add.',
  });
}

/** Without those that the broker or a worker writes. */
export function ownHeaders(headers: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(headers).filter((name) => !['x-death', 'x-attempts'].includes(name));
}

/** Throws a lesson when a job was given up after fewer tries, because of a count that others had made. */
export function diagnoseForeignCount({ begun, dead: [dead] }: Life): void {
  const said = dead?.headers['x-attempts'];
  const renders = begun.length;
  if (said === renders + FOREIGN_DEATHS) {
    lesson('counts-in-x-death', {
      observed: `A message came with an x-death that counts ${FOREIGN_DEATHS}. Its job was rendered ${renders} times, and is in ${DEAD_QUEUE} with x-attempts ${said}.`,
      meaning:
        'x-death is the diary of the broker, not your counter. A message that is moved back brings its old pages along. And since RabbitMQ 4, the broker ignores the x-death that a client publishes, so each wait counts as the first.',
      lookAt: 'a number that nobody but your worker writes.',
    });
  }
  if (said !== renders + FOREIGN_ATTEMPTS) return;
  lesson('tries-in-a-public-header', {
    observed: `A message came with x-attempts ${FOREIGN_ATTEMPTS}. Its job was rendered ${renders} times, and is in ${DEAD_QUEUE} with x-attempts ${said}.`,
    meaning:
      'A header that others read is a header that others send. A message that operations moves back comes with the count of its first life, and is given up again before it was tried.',
    lookAt: 'the number from which the worker begins to count.',
  });
}

/**
 * Throws a lesson when a job whose message was moved back was given up at its first failure, and the
 * message had come with a count of the worker's own.
 */
export function diagnoseCountLeft(buried: RabbitMessage | undefined, renders: number): void {
  const own = Object.entries(buried?.headers ?? {}).find(
    ([name, value]) => !['x-attempts', 'x-last-error'].includes(name) && Number(value) >= TRIES - 1,
  );
  if (renders !== 1 || !own) return;
  lesson('count-left-on-the-dead', {
    observed: `A message was moved from ${DEAD_QUEUE} back to media.render as it was. Its job was rendered once and given up again. The message had the header ${own[0]}: ${String(own[1])}.`,
    meaning:
      'Every header that a message has in media.dead, it still has when it comes back. A full count stays full, and the people who move messages do not know your header.',
    lookAt: 'which of your headers help a person who reads media.dead.',
  });
}

/** Throws a lesson when a job was tried as often as there are delays. */
export function diagnoseOneTooFew({ begun, dead }: Life): void {
  if (dead.length !== 1 || begun.length !== DELAYS.length) return;
  lesson('delays-are-tries', {
    observed: `RETRY_DELAYS_MS has ${DELAYS.length} delays, and the worker gave the job up after ${begun.length} tries.`,
    meaning:
      'A delay is between two tries, so five delays are between six tries. A count of tries that is compared with the number of delays ends one try too early.',
    lookAt: 'the meaning of the number at the moment of the comparison.',
  });
}

/** Throws a lesson when a message went on with the time to live that its sender gave it. */
export function diagnoseSendersExpiration(published: AmqpWire['published']): void {
  const sent = [SENDERS_EXPIRATION, 60 * SENDERS_EXPIRATION].map(String);
  const kept = published.filter(({ expiration }) => sent.includes(expiration ?? ''));
  const [first] = kept;
  if (!first) return;
  lesson('senders-expiration', {
    observed: `A message came with an expiration of ${first.expiration} ms. The worker published it ${kept.length} times with the same.`,
    meaning:
      'The time to live of a message holds in every queue that the message reaches. In a waiting queue, the shorter time wins, and the try comes early. In media.render, the message is gone if the workers are busy. In media.dead, it is gone before anybody has read it.',
    lookAt: 'which properties of a message are still true in the queue to which you send it.',
  });
}

/** Throws a lesson when a job was given up while its row could not be read. */
export function diagnoseBuriedWhileAway(dead: readonly RabbitMessage[]): void {
  const [message] = dead;
  if (!message) return;
  lesson('database-away-is-no-failure', {
    observed: `Postgres could not be reached, and the message of a job went to ${DEAD_QUEUE}, with x-last-error "${String(message.headers['x-last-error'])}".`,
    meaning:
      '"The row could not be read" is not "there is no row". An outage says nothing about the job. A worker that gives jobs up during a minute of outage leaves a queue of dead jobs.',
    lookAt: 'which errors are about the job, and where a message stays after any other error.',
  });
}

/** Throws a lesson when a worker had acknowledged a message before its writes were answered. */
export function diagnoseBeforeKept({ cutOff: [first] }: Death): void {
  if (first === undefined) return;
  lesson('acknowledged-before-kept', {
    observed: `A job failed. The worker acknowledged its message before this was answered: "${first.replaceAll(/\s+/gu, ' ').slice(0, 80)}…". Then the worker was killed. The job is not retried.`,
    meaning:
      'The acknowledgement and the write went out by two connections, and nothing says which of them arrives first. For a moment, neither the queue nor any other place had the job. The worker died in that moment.',
    lookAt: 'the answer that must have come before the acknowledgement goes out.',
  });
}

/**
 * Throws a lesson when a worker had published nothing until it let go of the message of a failed job,
 * and was killed.
 */
export function diagnoseTimer(published: number): void {
  if (published > 0) return;
  lesson('timer-in-memory', {
    observed:
      'A job failed once. The worker acknowledged its message, published nothing, and was killed. The job is not retried.',
    meaning:
      'After the acknowledgement, the broker forgot the job, and the timer for its next try was in the memory of the worker. Nothing outside that process knew about the job any more.',
    lookAt: 'the thing that must be safe before the message is acknowledged, and its place.',
  });
}

/**
 * Throws a lesson when a message that was to wait 50 ms, behind one that waits `longer`, has not come
 * back for `waited`, both in ms, and had an expiration of its own.
 */
export function diagnoseOwnExpiration(wire: AmqpWire, longer: number, waited: number): void {
  if (wire.published.every(({ expiration }) => !expiration)) return;
  lesson('per-message-ttl', {
    observed: `A job had to wait 50 ms, behind another job that waits ${thousands(longer)} ms. ${thousands(waited)} ms later, it had not come back. Its message was published with an expiration of its own.`,
    meaning:
      'A queue looks at the expiration of a message only when the message is at its head. Behind a message that waits longer, it stays long after its time.',
    lookAt: 'the property that all messages of one waiting queue should have in common.',
  });
}

/** Whether a worker has let go of a message when it had published it, and the broker had not confirmed it. */
export function isLostOnTheWay(wire: AmqpWire): boolean {
  const published = wire.sent.find(({ name }) => name === 'basic.publish');
  if (!published || wire.count('basic.ack') === 0) return false;
  const unheard = wire.received.every(({ name }) => name !== 'basic.ack');
  return published.mandatory !== true || unheard;
}

/** Throws a lesson when the line shows that a message was acknowledged before its copy was safe. */
export function diagnoseLostOnTheWay(wire: AmqpWire): void {
  if (!isLostOnTheWay(wire)) return;
  const published = wire.sent.find(({ name }) => name === 'basic.publish');
  lesson('forwarded-unconfirmed', {
    observed: `${DEAD_QUEUE} had been deleted. The worker published a message to it, ${published?.mandatory === true ? 'did not wait for a confirm' : 'without "mandatory"'}, and acknowledged the message that it held. The message is in no queue.`,
    meaning:
      'Between two queues, a worker is a publisher like any other. Until the broker has confirmed the new message and has not returned it, the old one is the only copy.',
    lookAt:
      'the answer that you must have about the new message before you acknowledge the old one.',
  });
}

/** Throws a lesson when a worker held a message during the whole wait of its job. */
export function diagnoseSleep({ wire }: WiredWorker, ready: number): void {
  if (wire.settled + wire.count('basic.publish') > 0 || ready === 0) return;
  lesson('sleep-in-consumer', {
    observed: `A job failed for the second time. ${thousands(WITHIN)} ms later, the worker still held its message, not acknowledged, and ${ready} other jobs waited in the queue. The renderer had nothing to do.`,
    meaning:
      'A worker that holds a message while it waits makes all jobs wait: the message takes a place of its prefetch, and the next one is not delivered. If the delay is long, the broker closes the channel of the consumer.',
    lookAt: 'a place outside the worker where a message can wait.',
  });
}
