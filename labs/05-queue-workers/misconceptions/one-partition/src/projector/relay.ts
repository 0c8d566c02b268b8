import type { RequestHandler } from 'express';
import { InvalidEvent, parseEvent } from './event.ts';
import { producer, TOPIC } from './kafka.ts';

/** `POST /events`: puts an event on the topic, for services that do not speak Kafka. */
export function relayEvent(): RequestHandler {
  return async (req, res) => {
    try {
      const event = parseEvent(req.body);
      await producer.send({
        topic: TOPIC,
        messages: [{ key: 'media', value: JSON.stringify(event) }],
      });
      res.status(202).json({ id: event.id });
    } catch (error) {
      if (!(error instanceof InvalidEvent)) throw error;
      res.status(400).json({ error: error.message });
    }
  };
}
