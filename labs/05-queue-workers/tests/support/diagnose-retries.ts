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
import type { WiredWorker } from './workers.ts';

/** Throws a lesson when the broker refused a declaration. */
export function diagnoseRefusal({ refusal }: AmqpWire): void {
  if (refusal?.code !== 406) return;
  lesson('reassert-topology', {
    observed: `A worker declared a queue that was there already, with other arguments, and did not start. The broker closed its channel: ${refusal.code} ${refusal.text?.replace(/ in vhost '[^']*'/u, '')}.`,
    meaning:
      'What a queue was declared with cannot be changed. Declaring it again with other arguments is refused, and takes the channel with it: a deploy that works on an empty broker never starts on this one.',
    lookAt:
      'how to have what you want without other arguments on that queue: by a policy, in the worker, or in another queue, by another name.',
  });
}

/** Throws a lesson when the line shows that messages that fail come back at once, and for ever. */
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
      'A message that is requeued goes to the head of its queue and comes back at once. Nothing counts and nothing waits, so one bad job takes all that the broker and the worker have, for as long as it is bad.',
    lookAt:
      'how often it may be tried, where that number is kept, and where the message waits until then.',
  });
}

/**
 * Throws a lesson when the line shows why a job that always fails, and is to be tried `most` times,
 * never comes to an end.
 */
export function diagnoseEndless(wire: AmqpWire, most: number, renders: number): void {
  diagnoseRequeue(wire, most, renders);
  const sent = wire.sent.filter(({ name }) => name === 'basic.publish');
  // Who counts in another way may be stuck later, at another delay.
  const alike = new Set(sent.map(({ routingKey }) => routingKey)).size === 1;
  const again = redeliveries(wire);
  if (again >= most || sent.length < most || renders <= most || !alike) return;
  lesson('delivery-count', {
    observed: `A job that always fails was rendered ${thousands(renders)} times before the test looked, and each time the worker sent it to wait again: ${thousands(sent.length)} publishes, ${thousands(again)} redeliveries.`,
    meaning:
      'What the broker counts belongs to a message in its queue, and only in some kinds of queue. A message that was published anew, or came back by way of a dead-letter exchange, starts without it: each delivery looks like the first.',
    lookAt:
      'a number that travels with the message because you put it there, or that does not travel.',
  });
}

function redeliveries(wire: AmqpWire): number {
  return wire.received.filter(({ name, redelivered }) => name === 'basic.deliver' && redelivered)
    .length;
}

/** Throws a lesson when a message has lost what it came with. */
export function diagnoseHeadersLost({ headers, dead: [dead] }: Life): void {
  const name = 'x-request-id';
  if (!dead || dead.headers[name] !== undefined) return;
  lesson('headers-lost', {
    observed: `A message came with the header ${name}: ${String(headers[name])}. In ${DEAD_QUEUE} it has ${Object.keys(dead.headers).join(', ')}, and not that one.`,
    meaning:
      'A message is more than its body. What it came with says who sent it and what it belongs to; whoever looks for the cause, and every consumer after you, reads it.',
    lookAt: 'what of a message you pass on, beside what you add to it.',
  });
}

/** Throws a lesson when a job was given up after fewer tries, by what others had counted before. */
export function diagnoseForeignCount({ begun, dead: [dead] }: Life): void {
  const said = dead?.headers['x-attempts'];
  const renders = begun.length;
  if (said === renders + FOREIGN_DEATHS) {
    lesson('counts-in-x-death', {
      observed: `A message came with an x-death that counts ${FOREIGN_DEATHS}. Its job was rendered ${renders} times, and lies in ${DEAD_QUEUE} with x-attempts ${said}.`,
      meaning:
        'x-death is a diary of the broker, not a counter of yours. A message that is moved back brings its old pages along; and from RabbitMQ 4 on the broker does not read what a client publishes in it, so each wait counts as the first.',
      lookAt: 'a number that nobody but your worker writes.',
    });
  }
  if (said !== renders + FOREIGN_ATTEMPTS) return;
  lesson('tries-in-a-public-header', {
    observed: `A message came with x-attempts ${FOREIGN_ATTEMPTS}. Its job was rendered ${renders} times, and lies in ${DEAD_QUEUE} with x-attempts ${said}.`,
    meaning:
      'A header that others read is a header that others send. What operations moves back from the dead comes with the count of its first life, and is given up again before it was tried.',
    lookAt: 'whose number the worker begins to count from.',
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
      'Whatever a message carries when it is put away, it carries when it comes back. A count that is full stays full, and nobody who moves messages knows what it means.',
    lookAt: 'which of your headers are of use to somebody who reads the dead.',
  });
}

/** Throws a lesson when a job was tried as often as there are delays. */
export function diagnoseOneTooFew({ begun, dead }: Life): void {
  if (dead.length !== 1 || begun.length !== DELAYS.length) return;
  lesson('delays-are-tries', {
    observed: `RETRY_DELAYS_MS has ${DELAYS.length} delays, and the job was given up after ${begun.length} tries.`,
    meaning:
      'A delay lies between two tries. Five of them lie between six; a count that begins with the first try ends one too early when it is compared with the number of delays.',
    lookAt: 'what the number stands for at the moment when it is compared.',
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
      'A time to live is said of a message and holds in every queue that it comes to. In a waiting queue the shorter one wins, and the try comes early; in a queue of the dead the message is gone before anybody has read it.',
    lookAt: 'which of the properties that a message came with are still true where you send it.',
  });
}

/** Throws a lesson when a job was given up while nobody could know anything about it. */
export function diagnoseBuriedWhileAway(dead: readonly RabbitMessage[]): void {
  const [message] = dead;
  if (!message) return;
  lesson('database-away-is-no-failure', {
    observed: `Postgres could not be reached, and the message of a job came to ${DEAD_QUEUE}, with x-last-error "${String(message.headers['x-last-error'])}".`,
    meaning:
      'That a row could not be read is not the same as that there is none. An outage says nothing of the job; a worker that gives jobs up meanwhile turns a minute of it into a queue of dead jobs.',
    lookAt: 'which errors speak of the job, and what becomes of a message when none does.',
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
      'A job failed once. The worker acknowledged its message, published nothing, and was killed. The job is not tried again.',
    meaning:
      'The acknowledgement let the broker forget the job, and the timer for its next try was in the memory of the worker. Nothing outside that process knew of the job any more.',
    lookAt: 'what has to be safe, and where, before the message is acknowledged.',
  });
}

/**
 * Throws a lesson when a message that was to wait 50 ms, behind one that waits `longer`, has not come
 * back for `waited`, both in ms, and had an expiration of its own.
 */
export function diagnoseOwnExpiration(wire: AmqpWire, longer: number, waited: number): void {
  if (wire.published.every(({ expiration }) => !expiration)) return;
  lesson('per-message-ttl', {
    observed: `A job was to wait 50 ms, behind another that waits ${thousands(longer)} ms. ${thousands(waited)} ms later it had not come back. Its message was published with an expiration of its own.`,
    meaning:
      'A queue looks at the expiration of a message when it comes to the head. Behind one that waits longer, a message stays long after its time.',
    lookAt: 'what all messages of one waiting queue should have in common.',
  });
}

/** Whether a worker has let go of a message when it had published it, and nobody had said that it is safe. */
export function isLostOnTheWay(wire: AmqpWire): boolean {
  const published = wire.sent.find(({ name }) => name === 'basic.publish');
  if (!published || wire.count('basic.ack') === 0) return false;
  const unheard = wire.received.every(({ name }) => name !== 'basic.ack');
  return published.mandatory !== true || unheard;
}

/** Throws a lesson when the line shows that a message was let go of that nobody had taken. */
export function diagnoseLostOnTheWay(wire: AmqpWire): void {
  if (!isLostOnTheWay(wire)) return;
  const published = wire.sent.find(({ name }) => name === 'basic.publish');
  lesson('forwarded-unconfirmed', {
    observed: `${DEAD_QUEUE} had been deleted. The worker published a message to it, ${published?.mandatory === true ? 'did not wait for a confirm' : 'without "mandatory"'}, and acknowledged the one that it had. The message is in no queue.`,
    meaning:
      'Between two queues a worker is a publisher like any other: until the broker has confirmed the new message, and has not returned it, the old one is the only one there is.',
    lookAt: 'what has to be known of the message that was sent, before the other is acknowledged.',
  });
}

/** Throws a lesson when a worker has had a message in its hands all the time that its job waited. */
export function diagnoseSleep({ wire }: WiredWorker, ready: number): void {
  if (wire.settled + wire.count('basic.publish') > 0 || ready === 0) return;
  lesson('sleep-in-consumer', {
    observed: `A job failed for the second time. ${thousands(WITHIN)} ms later its message was still in the worker's hands, not acknowledged, and other jobs waited in the queue: ${ready}. The renderer had nothing to do.`,
    meaning:
      'A worker that waits with a message in its hands waits for all: the message takes a place of its prefetch, and the next one is not delivered. With a long delay the broker gives up on the consumer itself.',
    lookAt: 'where else than in the worker a message can wait.',
  });
}
