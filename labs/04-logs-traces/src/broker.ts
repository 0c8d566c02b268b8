import { type Channel, type ChannelModel, connect } from 'amqplib';
import type { Logger } from 'pino';

export const QUEUE = 'checkout.requested';

/** A connection to the broker at AMQP_URL. */
export async function connectBroker(log: Logger): Promise<ChannelModel> {
  const url = process.env['AMQP_URL'];
  if (!url) throw new Error('AMQP_URL is not set');
  const connection = await connect(url);
  connection.on('error', (error) => log.error({ err: error }, 'the broker connection broke'));
  return connection;
}

/** Declares the queue on the channel that uses it. */
export async function declareQueue(channel: Channel): Promise<void> {
  await channel.assertQueue(QUEUE);
}
