import { lesson } from '@backend-labs/testkit';
import type { AmqpWire } from './amqp-wire.ts';
import type { Renderer } from './media.ts';

/** Throws a lesson when the line shows why a worker had more than it may. */
export function diagnoseTooMany(wire: AmqpWire, held: string, renderer: Renderer): void {
  const at = (name: string): number => wire.sent.findIndex((method) => method.name === name);
  const consume = wire.sent[at('basic.consume')];
  const acked = wire.count('basic.ack');
  if (consume?.noAck === true) {
    lesson('no-ack', {
      observed: `${held}. It consumes with "no ack".`,
      meaning:
        'The broker forgets such a message as soon as it is sent. Prefetch limits the messages that wait for an acknowledgement, and here none does: the whole queue goes to the first worker that asks, and is lost with it.',
      lookAt: 'which side is responsible for a message between delivery and acknowledgement.',
    });
  }
  if (acked > renderer.renders() - renderer.inFlight) {
    lesson('ack-first', {
      observed: `${held}. It has acknowledged ${acked} messages, and the renderer has finished ${renderer.renders() - renderer.inFlight} jobs.`,
      meaning:
        'An acknowledgement tells the broker to forget the message. From then on, the job exists only in the memory of this process. If the process is killed, nobody knows about the job.',
      lookAt: 'which steps must be over before the queue may forget a job.',
    });
  }
  if (at('basic.qos') > at('basic.consume')) {
    lesson('prefetch-late', {
      observed: `${held}. It set a prefetch of ${wire.sent[at('basic.qos')]?.prefetch}, after it had begun to consume.`,
      meaning:
        'A consumer gets the prefetch count when it starts. A consumer that has already started keeps the value that it began with: no limit.',
      lookAt: 'the order of the two calls.',
    });
  }
  if (at('basic.qos') === -1 && at('basic.consume') !== -1) {
    lesson('no-prefetch', {
      observed: `${held}. It never set a prefetch count.`,
      meaning:
        'Without a prefetch count, the broker sends a consumer everything in the queue. Other workers find the queue empty and have nothing to do, while the jobs of the first one wait in its memory.',
      lookAt: 'how a consumer promises to hold only a few messages at a time.',
    });
  }
}

/** Throws a lesson when a worker holds more messages than it works on. */
export function diagnoseOneByOne(wire: AmqpWire, atWork: number): void {
  if (atWork !== 1 || wire.held <= 1) return;
  lesson('one-at-a-time', {
    observed: `The broker sent a worker ${wire.held} messages. ${atWork} of their jobs was at the renderer, and the others waited for it.`,
    meaning:
      'Prefetch says how many messages a worker may hold, not what it does with them. No other worker can get a job that this one holds and does not work on.',
    lookAt: 'the reason why the work on a delivery does not begin.',
  });
}

/** Throws a lesson when the broker ended a consumer and the worker went on as if it had not. */
export function diagnoseCancelled(wire: AmqpWire): void {
  if (wire.received.every(({ name }) => name !== 'basic.cancel')) return;
  lesson('cancelled-unnoticed', {
    observed:
      'The queue was deleted, and the broker cancelled the consumer. The queue is back. The worker runs, and consumes nothing.',
    meaning:
      'A consumer ends with its queue, while channel and connection stay open. amqplib reports that once, as a delivery that is null. A worker that ignores it looks healthy and never gets a message again.',
    lookAt: 'what your callback does with a message that is null.',
  });
}

/** Throws a lesson when a worker made a part of what it needs. */
export function diagnoseHalfTopology(wire: AmqpWire, outcome: string): void {
  const queues = wire.sent.some(({ declares }) => declares?.queue === 'media.render');
  if (!queues || outcome === 'routed') return;
  lesson('half-a-topology', {
    observed: `On an empty broker a worker declared the queue media.render. A message to the exchange media with the key render reached no queue (${outcome}).`,
    meaning:
      'Nobody knows which program starts first. Until media-api has declared the rest, the broker drops every message that the worker sends to the exchange, without a word.',
    lookAt:
      'everything that a message passes on its way to the queue, and the program that declares it.',
  });
}
