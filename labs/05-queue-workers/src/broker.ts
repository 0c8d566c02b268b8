import { type Channel, type ChannelModel, connect } from 'amqplib';
import type { Logger } from 'pino';

export const EXCHANGE = 'media';
export const RENDER_KEY = 'render';
export const RENDER_QUEUE = 'media.render';

/** A connection to the broker at AMQP_URL, with exchange and queue declared. */
export async function connectBroker(log: Logger): Promise<ChannelModel> {
  const connection = await connect(process.env['AMQP_URL'] ?? 'amqp://127.0.0.1');
  connection.on('error', (error) => log.error({ err: error }, 'the broker connection broke'));
  const channel = await connection.createChannel();
  await declareTopology(channel);
  await channel.close();
  return connection;
}

async function declareTopology(channel: Channel): Promise<void> {
  await channel.assertExchange(EXCHANGE, 'direct', { durable: true });
  await channel.assertQueue(RENDER_QUEUE, { durable: true });
  await channel.bindQueue(RENDER_QUEUE, EXCHANGE, RENDER_KEY);
}
