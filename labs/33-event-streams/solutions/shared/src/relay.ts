import type { RequestHandler } from 'express';
import type { Deps } from './deps.ts';
import { InvalidEvent, parseEvent } from './event.ts';
import { TOPIC } from './kafka.ts';

/** `POST /events`: puts an event on the topic, for services that do not speak Kafka. */
export function relayEvent({ producer }: Deps): RequestHandler {
  return async (req, res) => {
    try {
      parseEvent(req.body);
      const { id, accountId } = req.body as { id: string; accountId: string };
      await producer.send({
        topic: TOPIC,
        // One key is one partition, and only within a partition is there an order. The body goes on
        // as it came: other readers may know more of its fields than we do.
        messages: [{ key: accountId, value: JSON.stringify(req.body) }],
      });
      res.status(202).json({ id });
    } catch (error) {
      if (!(error instanceof InvalidEvent)) throw error;
      res.status(400).json({ error: error.message });
    }
  };
}
