import { connect } from 'amqplib';

/** Deletes a queue with what is in it, as an operator would. */
export async function deleteQueue(url: string, name: string): Promise<void> {
  const connection = await connect(url, { noDelay: true });
  try {
    const channel = await connection.createChannel();
    await channel.deleteQueue(name);
  } finally {
    await connection.close();
  }
}
