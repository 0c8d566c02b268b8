import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { OpenedStack } from '../../src/open.ts';
import type { ServerName } from '../../src/types.ts';

/**
 * A process that leases and is then killed, without a chance to give anything back. Resolves with the
 * environment of its lease.
 */
export async function leaseAndDie(
  lab: string,
  servers: OpenedStack['servers'],
  name: ServerName,
): Promise<Record<string, string>> {
  const script = join(import.meta.dirname, 'hold-lease.ts');
  const json = JSON.stringify({ [name]: servers[name] });
  const holder = spawn(process.execPath, [script, json, lab], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [line] = await once(holder.stdout, 'data');
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  return JSON.parse(String(line)).env;
}
