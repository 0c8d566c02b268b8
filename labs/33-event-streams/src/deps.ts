import type { Admin, Kafka, Producer } from 'kafkajs';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { SizeOf } from './storage.ts';

/** What the parts of the projector are made with. */
export interface Deps {
  readonly pool: Pool;
  readonly kafka: Kafka;
  readonly producer: Producer;
  readonly admin: Admin;
  readonly sizeOf: SizeOf;
  readonly log: Logger;
}
