import { type Channel, type ChannelModel, connect, type RecoveringChannelModel } from 'amqplib';
import type { Logger } from 'pino';

export const EXCHANGE = 'media';
export const RENDER_KEY = 'render';
export const RENDER_QUEUE = 'media.render';
export const DEAD_QUEUE = 'media.dead';

const AMQP_URL = process.env['AMQP_URL'] ?? 'amqp://127.0.0.1';

/** How long one try to connect waits for a greeting. */
const HANDSHAKE_MS = 1_000;
/** A connection that has carried nothing for three of these is dead, whatever TCP says. */
const HEARTBEAT_S = 2;

/** A connection that lasts until it breaks, with our topology declared. */
export async function connectBroker(log: Logger): Promise<ChannelModel> {
  const connection = await connect(AMQP_URL);
  connection.on('error', (error) => log.error({ err: error }, 'the broker connection broke'));
  await declareTopology(connection);
  return connection;
}

/** A connection that is made again when it breaks. `onConnected` is called with each. */
export async function connectBrokerForGood(
  log: Logger,
  onConnected: (connection: ChannelModel) => Promise<void>,
): Promise<RecoveringChannelModel> {
  const setup = async (connection: ChannelModel): Promise<void> => {
    await declareTopology(connection);
    await onConnected(connection);
  };
  const recovery = { initialDelay: 50, maxDelay: 2_000, setup };
  const url = new URL(AMQP_URL);
  url.searchParams.set('heartbeat', String(HEARTBEAT_S));
  const connection = await connect(url.href, { recovery, timeout: HANDSHAKE_MS });
  connection.on('error', (error) => log.error({ err: error }, 'the broker connection broke'));
  return connection;
}

async function declareTopology(connection: ChannelModel): Promise<void> {
  const channel: Channel = await connection.createChannel();
  await channel.assertExchange(EXCHANGE, 'direct', { durable: true });
  await channel.assertQueue(RENDER_QUEUE, { durable: true });
  await channel.bindQueue(RENDER_QUEUE, EXCHANGE, RENDER_KEY);
  await channel.assertQueue(DEAD_QUEUE, { durable: true });
  await channel.close();
}
