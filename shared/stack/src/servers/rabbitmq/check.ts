import { connect } from 'amqplib';
import { reason, ServerTrouble } from '../../errors.ts';
import type { Endpoint } from '../definition.ts';
import { manage } from './management.ts';

/** Logs in over AMQP and at the management API; resolves with the version. */
export async function checkRabbit(
  endpoint: Endpoint,
  timeoutMs: number,
): Promise<string | undefined> {
  const [version] = await Promise.all([
    versionOverAmqp(endpoint.url, timeoutMs),
    endpoint.management === undefined ? undefined : checkManagement(endpoint.management, timeoutMs),
  ]);
  return version;
}

async function versionOverAmqp(url: string, timeoutMs: number): Promise<string | undefined> {
  const connection = await connect(url, { timeout: timeoutMs, noDelay: true });
  connection.on('error', () => {});
  try {
    const { version } = connection.connection.serverProperties;
    return typeof version === 'string' ? version : undefined;
  } finally {
    await connection.close().catch(() => {});
  }
}

async function checkManagement(management: string, timeoutMs: number): Promise<void> {
  try {
    await manage(management, 'GET', 'whoami', { timeoutMs });
  } catch (error) {
    const { host } = new URL(management);
    throw new ServerTrouble(
      'CHECK_FAILED',
      `its management API (${host}, plugin rabbitmq_management): ${reason(error)}`,
      error,
    );
  }
}
