import type { Endpoint } from '../definition.ts';
import { manage } from './management.ts';

/**
 * Resolves when everything that RabbitMQ has declared is on its disk.
 *
 * With its tables in Mnesia (3.x; 4.x without Khepri), the `declare-ok` of a durable queue may come
 * before the transaction's outcome is written: Mnesia passes the outcome to another process
 * (`mnesia_recover:log_decision`, a cast), and the sync before the answer may miss it. On 3.10.8, 28
 * of 400 queues were not written yet. A broker that is killed then loses the queue and the confirmed
 * messages in it. The next change of a table syncs what came before it: 0 of 400 were lost.
 */
export async function flushTables({ url, management = '' }: Endpoint): Promise<void> {
  const { username } = new URL(url);
  const all = { configure: '.*', write: '.*', read: '.*' };
  await manage(management, 'PUT', `permissions/%2F/${username}`, { body: all });
}
