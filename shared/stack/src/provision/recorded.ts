import { exposedBy } from '../listening.ts';
import { isRunning } from '../process.ts';
import { readRecord } from '../record.ts';
import type { ServerDefinition } from '../servers/definition.ts';
import type { StackContext } from '../state.ts';
import type { Provision, ServerAddress } from '../types.ts';

const CHECK_MS = 2000;

/**
 * The server that an earlier command found or started, if it still accepts the recorded password.
 * Undefined if its process has ended, another process has its number, or another server its port; and
 * if other machines can reach it, or it asks for no login.
 */
export async function findRecorded(
  context: StackContext,
  server: ServerDefinition,
  provisions: readonly Provision[],
): Promise<ServerAddress | undefined> {
  const record = await readRecord(context, server.name);
  if (record === undefined || !provisions.includes(record.address.provision)) return undefined;
  if (record.process !== undefined && !(await isRunning(record.process))) return undefined;
  if (record.process !== undefined && (await exposedBy([record.process])).length > 0) {
    return undefined;
  }
  try {
    if (server.asksForLogin?.(record.address) === false) return undefined;
    // Without the management API: it answered when the server was recorded.
    await server.check({ url: record.address.url }, CHECK_MS);
    return record.address;
  } catch {
    return undefined;
  }
}
