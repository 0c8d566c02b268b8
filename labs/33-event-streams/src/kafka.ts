import { Kafka, type logCreator, logLevel, Partitioners, type Producer } from 'kafkajs';
import type { Logger } from 'pino';

const PREFIX = process.env['KAFKA_PREFIX'] ?? '';

const USERNAME = process.env['KAFKA_USERNAME'];
const PASSWORD = process.env['KAFKA_PASSWORD'] ?? '';

export const TOPIC = `${PREFIX}files.events`;
export const DEAD_LETTERS = `${PREFIX}files.events.dlt`;
export const GROUP = `${PREFIX}billing-projector`;

export const PARTITIONS = 6;

/** After so long without a heartbeat the broker gives a member's partitions to others. */
export const SESSION_TIMEOUT_MS = Number(process.env['KAFKA_SESSION_TIMEOUT_MS'] ?? 30_000);

/**
 * A client of the broker at KAFKA_BROKERS, which logs in if KAFKA_USERNAME is set. It connects when it
 * is first used.
 */
export function createKafka(log: Logger): Kafka {
  return new Kafka({
    clientId: 'billing-projector',
    brokers: (process.env['KAFKA_BROKERS'] ?? '127.0.0.1:9092').split(','),
    ...(USERNAME && {
      sasl: { mechanism: 'scram-sha-512', username: USERNAME, password: PASSWORD },
    }),
    logLevel: logLevel.WARN,
    logCreator: toPino(log),
  });
}

export function createProducer(kafka: Kafka): Producer {
  return kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
}

/** kafkajs's log lines in the form of all others. It also calls an error what it tries again. */
function toPino(log: Logger): logCreator {
  return () =>
    ({ namespace, log: { message, ...fields } }) =>
      log.warn(fields, `${namespace}: ${message}`);
}
