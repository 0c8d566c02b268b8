import { isRunning } from '../process.ts';
import { readRecord } from '../record.ts';
import type { ServerDefinition } from '../servers/definition.ts';
import type { Home } from '../state.ts';
import type { Provision, ServerAddress } from '../types.ts';

const PROBE_MS = 2000;

/**
 * The server that an earlier command found or started, when it still answers to the recorded
 * password. Undefined otherwise: a dead process, a number now used by another one, a stranger on
 * the port.
 */
export async function discoverRecorded(
  home: Home,
  server: ServerDefinition,
  provisions: readonly Provision[],
): Promise<ServerAddress | undefined> {
  const record = await readRecord(home, server.name);
  if (record === undefined || !provisions.includes(record.address.provision)) return undefined;
  if (record.process !== undefined && !(await isRunning(record.process))) return undefined;
  try {
    // Of RabbitMQ the broker alone: its management API answered when it was recorded.
    await server.probe({ url: record.address.url }, PROBE_MS);
    return record.address;
  } catch {
    return undefined;
  }
}
