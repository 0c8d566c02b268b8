import { Kafka, type logCreator, logLevel, Partitioners } from 'kafkajs';
import { log } from '../log.ts';

const PREFIX = process.env['KAFKA_PREFIX'] ?? '';

export const TOPIC = `${PREFIX}media.events`;
export const DEAD_LETTERS = `${PREFIX}media.events.dlt`;
export const GROUP = `${PREFIX}billing-projector`;

export const PARTITIONS = 6;

/** After so long without a heartbeat the broker gives a member's partitions to others. */
export const SESSION_TIMEOUT_MS = Number(process.env['KAFKA_SESSION_TIMEOUT_MS'] ?? 30_000);

/** kafkajs's log lines in the form of all others. */
const toPino: logCreator =
  () =>
  ({ level, namespace, log: { message, ...fields } }) => {
    const write = level === logLevel.ERROR ? 'error' : level === logLevel.WARN ? 'warn' : 'info';
    log[write]({ ...fields, kafka: namespace }, message);
  };

export const kafka = new Kafka({
  clientId: 'billing-projector',
  brokers: (process.env['KAFKA_BROKERS'] ?? '127.0.0.1:9092').split(','),
  logLevel: logLevel.WARN,
  logCreator: toPino,
});

export const producer = kafka.producer({
  createPartitioner: Partitioners.DefaultPartitioner,
  allowAutoTopicCreation: false,
});

export const admin = kafka.admin();
