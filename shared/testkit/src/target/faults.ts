import type { RunContext, TestMeta } from '@backend-labs/protocol';
import { ping, StackError } from '@backend-labs/stack';

/**
 * Looks for evidence that a server is at fault for a test that has just failed: one that its task
 * leases and that does not answer an administrator.
 */
export async function findFault(run: RunContext): Promise<TestMeta['fault']> {
  for (const name of run.leases) {
    const server = run.servers[name];
    try {
      if (server) await ping(server);
    } catch (error) {
      if (!(error instanceof StackError)) throw error;
      return { message: error.message, fix: error.fix };
    }
  }
  return undefined;
}
