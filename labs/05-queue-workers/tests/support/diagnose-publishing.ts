import { lesson } from '@backend-labs/testkit';
import type { AmqpWire } from './amqp-wire.ts';
import {
  ARRIVES_WITHIN,
  type Arrivals,
  KEPT_WITHIN,
  type MediaApi,
  PUBLISH_TIMEOUT,
  type Upload,
} from './media-api.ts';

/** Throws a lesson when media-api has published, and never asked the broker whether it has anything. */
export function diagnoseUnconfirmed(wire: AmqpWire, observed: string): void {
  if (wire.ever('basic.publish') === 0) return;
  if (wire.ever('confirm.select') + wire.ever('tx.select') > 0) return;
  lesson('publish-true', {
    observed: `${observed} media-api never asked the broker for confirms.`,
    meaning:
      'publish() puts the message into a buffer of this process and returns whether the buffer has room for more. Nothing has reached the broker by then. If the connection breaks, the messages in the buffer are lost without an error.',
    lookAt: 'the answer that says that a message is safe, and the moment when media-api has it.',
  });
}

/** Throws a lesson when uploads were answered 202 because the connection had ended. */
export function diagnoseEndIsConfirm(promised: readonly string[], lost: readonly string[]): void {
  const late = lost.filter((job) => promised.includes(job));
  if (late.length === 0) return;
  lesson('end-is-no-confirm', {
    observed: `The connection broke while media-api waited for confirms. ${late.length} uploads were answered 202 after that, and their messages are nowhere.`,
    meaning:
      'A confirm that did not come is not a confirm. When a channel or a connection ends, nobody knows which of the messages in between have reached the broker.',
    lookAt:
      'the events that can end the wait for a confirm, and the one of them that means success.',
  });
}

/** Throws a lesson when an upload was answered 202 as the time for its confirm was over. */
export function diagnoseTimeIsConfirm(uploads: readonly Upload[], lost: readonly string[]): void {
  const given = uploads.find(
    ({ job, ms }) => job !== undefined && ms >= PUBLISH_TIMEOUT * 0.9 && lost.includes(job),
  );
  if (!given) return;
  lesson('timeout-is-no-confirm', {
    observed: `The broker said nothing. After ${Math.round(given.ms)} ms, with PUBLISH_TIMEOUT_MS=${PUBLISH_TIMEOUT}, the upload was answered 202. Its message never came to the queue.`,
    meaning:
      'After a timeout, two things are possible: the broker has the message and is slow to confirm it, or it never had the message. A 202 promises the first.',
    lookAt: 'which answer is true in both cases, and what the customer does with it.',
  });
}

/** Throws a lesson when an upload had no answer while the broker said nothing. */
export function diagnoseNoAnswer(uploads: readonly Upload[]): void {
  const hung = uploads.find(({ answered }) => !answered);
  if (!hung) return;
  lesson('no-publish-timeout', {
    observed: `The broker said nothing. ${Math.round(hung.ms)} ms later, with PUBLISH_TIMEOUT_MS=${PUBLISH_TIMEOUT}, the upload still had no answer.`,
    meaning:
      'A connection can be open and carry nothing: no error, no end and no confirm. Code that waits only for one of these waits for ever, and so does the customer.',
    lookAt: 'how the wait ends if nothing at all happens.',
  });
}

/** Throws a lesson when uploads were answered as if media-api itself were broken. */
export function diagnoseOddAnswers({ odd }: MediaApi): void {
  const errors = odd.filter((answer) => /^50[0-24-9]/u.test(answer));
  if (errors.length === 0 || errors.length < odd.length) return;
  lesson('broker-error-is-500', {
    observed: `While the broker could not be reached, ${errors.length} uploads got the answer ${errors[0]?.slice(0, 3)}.`,
    meaning:
      'A 500 says that media-api has a bug, and that nobody knows what it did. A 503 says that nothing was promised, and that the customer may send the upload again.',
    lookAt: 'which errors of the publisher reach the route, and how the route answers them.',
  });
}

/** Throws a lesson when nothing in the broker was there for messages that it had confirmed. */
export function diagnoseNotMandatory(
  { confirmed, mandatory }: { confirmed: boolean; mandatory: boolean | undefined },
  observed: string,
): void {
  if (!confirmed || mandatory !== false) return;
  lesson('confirm-not-mandatory', {
    observed: `${observed} They were published without "mandatory", and the broker confirmed them.`,
    meaning:
      'A confirm says that the broker took responsibility for the message. If no queue is bound for it, the broker drops the message, and confirms that like a success.',
    lookAt:
      'how a publisher can ask to get such a message back, and in which order the two answers come.',
  });
}

/** Throws a lesson when messages were given to a broker that does not keep them over a restart. */
export function diagnoseFleeting(fleeting: readonly string[], lost: number): void {
  if (!fleeting.some((what) => what.startsWith('a message'))) return;
  lesson('not-persistent', {
    observed: `200 uploads were answered 202. The broker was killed and started again, and ${lost} of them have no message. The queue is durable, and the messages are published with delivery mode 1.`,
    meaning:
      'Durable means that the queue itself outlives a restart. Each message decides for itself: a message that is not persistent is gone after a restart, even if the broker has confirmed it.',
    lookAt: 'the options of the publish, beside the options of the queue.',
  });
}

/** Throws a lesson when a media-api that was started again has forgotten its promises. */
export function diagnoseKeptInMemory(wire: AmqpWire, { ms }: Upload): void {
  if (ms >= PUBLISH_TIMEOUT * 0.9 || wire.count('basic.publish') > 0) return;
  lesson('kept-in-memory', {
    observed: `The broker said nothing, and an upload was answered 202 after ${Math.round(ms)} ms. media-api was killed and started again, and has published nothing since.`,
    meaning:
      'The messages that were to be sent again were in the memory of the process that promised them. A deploy, a crash or the kernel ends that process, and the promise with it.',
    lookAt: 'a place that outlives the process, and the moment when the message is there.',
  });
}

/** Throws a lesson when a channel is gone and nobody opened another one. */
export function diagnoseClosedChannel({
  refusal,
  reopened,
}: {
  refusal: AmqpWire['refusal'];
  reopened: boolean;
}): void {
  if (refusal?.code !== 404 || reopened) return;
  lesson('channel-closed-alone', {
    observed: `The exchange media was gone for one upload, and the broker closed the channel: ${refusal.code} ${refusal.text?.replace(/ in vhost '[^']*'/u, '')}. The exchange is back, the connection is open, and media-api has not opened another channel on it.`,
    meaning:
      'A broker answers an error on a channel by closing that channel. The connection lives on. Code that listens only for the end of the connection notices nothing, and goes on publishing into a closed channel.',
    lookAt:
      'the things besides a connection that can be closed, and the objects that you must make again then.',
  });
}

/** Throws a lesson when a connection has carried nothing for long and nobody made another one. */
export function diagnoseDeadConnection({ reconnected }: { reconnected: boolean }): void {
  if (reconnected) return;
  lesson('dead-connection-kept', {
    observed:
      'The connection is open and has carried nothing for 30 s. A new one would have worked, and media-api has not made one.',
    meaning:
      'While nothing is sent, TCP does not report that the other side is gone. If something is sent, it takes minutes. A connection that shows no sign of life is as good as broken, and every message that is published on it waits in it.',
    lookAt:
      'the sign of life that you expect from the broker, and your reaction if it does not come.',
  });
}

/** Throws a lesson when media-api still waits for a greeting that will not come. */
export function diagnoseNoConnectTimeout(seen: { ignored: boolean; knocksAgain: boolean }): void {
  if (!seen.ignored || seen.knocksAgain) return;
  lesson('no-connect-timeout', {
    observed:
      'media-api connected again and was not greeted. 30 s later, it still waits for that greeting. A client that connects now is greeted immediately.',
    meaning:
      'A new connection begins with an exchange of messages, and each of them may never come. A loop that reconnects hangs as long as its longest try.',
    lookAt: 'how long one try to connect may take.',
  });
}

/** Throws a lesson when a message was sent before the row of its job could be seen. */
export function diagnoseSentTooEarly(before: number, sent: readonly number[]): void {
  if (sent[0] !== before) return;
  lesson('published-before-commit', {
    observed: `When the message of an upload was sent, jobs had ${before} rows, as many as before the upload.`,
    meaning:
      'A worker can have the message before the transaction commits. It finds no job, and decides that the message can never succeed. If the transaction is rolled back, the message stays.',
    lookAt: 'the state of the database at the moment when the message leaves.',
  });
}

/** Throws a lesson when the message of an upload came, long after its time. `due` is an instant. */
export async function diagnoseSentLate(
  arrivals: Arrivals,
  job: string,
  { due }: { due: number },
): Promise<void> {
  const until = due - ARRIVES_WITHIN + KEPT_WITHIN;
  if ((await arrivals.missing([job], until)).length > 0) return;
  const seconds = Math.round((performance.now() - due + ARRIVES_WITHIN) / 1000);
  lesson('sent-much-later', {
    observed: `The broker worked all the time. The message of an upload came ${seconds} s after its 202; the ticket says ${ARRIVES_WITHIN / 1000} s.`,
    meaning:
      'A message that is kept is safe, and its customer waits. Every delay between the commit and the broker is added to every job, even on a day without any fault.',
    lookAt: 'when a kept message is first sent, if nothing is broken.',
  });
}
