import type { RequestHandler } from 'express';
import type { Deps } from './deps.ts';
import { InvalidEvent, parseEvent } from './event.ts';
import { TOPIC } from './kafka.ts';

/** `POST /events`: puts an event on the topic, for services that do not speak Kafka. */
export function relayEvent({ producer }: Deps): RequestHandler {
  return async (req, res) => {
    try {
      const event = parseEvent(req.body);
      await producer.send({
        topic: TOPIC,
        // The id differs each time, which spreads the load over all partitions.
        messages: [{ key: event.id, value: JSON.stringify(event) }],
      });
      res.status(202).json({ id: event.id });
    } catch (error) {
      if (!(error instanceof InvalidEvent)) throw error;
      res.status(400).json({ error: error.message });
    }
  };
}
