import type { Endpoint } from '../definition.ts';
import { manage } from './management.ts';

/**
 * Resolves when all that RabbitMQ has declared is on its disk.
 *
 * Where it keeps its tables in Mnesia (3.x; 4.x without Khepri) `declare-ok` of a durable queue
 * may come before the transaction's outcome is written: Mnesia hands the outcome to another
 * process (`mnesia_recover:log_decision`, a cast), and the sync before the answer need not find it.
 * 28 of 400 were not yet written on 3.10.8; a broker that is killed then forgets the queue, and
 * the confirmed messages in it. The next change of a table syncs what lies before it: 0 of 400.
 */
export async function flushTables({ url, management = '' }: Endpoint): Promise<void> {
  const { username } = new URL(url);
  const all = { configure: '.*', write: '.*', read: '.*' };
  await manage(management, 'PUT', `permissions/%2F/${username}`, { body: all });
}
