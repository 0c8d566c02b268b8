import { join } from 'node:path';
import type { RunContext } from '@backend-labs/protocol';
import { openStack, type ServerName } from '@backend-labs/stack';

const FIXTURES = join(import.meta.dirname, '..', 'fixtures');

/** What the runner would say for the toy: real servers, started when they are not up. */
export async function toyRun(...leases: ServerName[]): Promise<RunContext> {
  const { servers, missing } = await openStack(leases);
  const [first] = missing;
  if (first) throw first;
  return {
    protocol: 1,
    lab: '98-testkit-toy',
    labDir: join(FIXTURES, 'lab'),
    target: join(FIXTURES, 'toy'),
    row: 'toy',
    leases,
    servers,
    stateDir: process.env['LABS_STATE'] ?? join(FIXTURES, '../../../..', '.labs'),
    templates: '',
    keepFailed: false,
    seed: 'toy',
  };
}
