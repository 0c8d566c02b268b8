import { join } from 'node:path';
import { openStack, type RunContext, type ServerName } from '@backend-labs/stack';

const FIXTURES = join(import.meta.dirname, '..', 'fixtures');

/** What the runner would say for the toy: real servers, started when they are not up. */
export async function toyRun(...services: ServerName[]): Promise<RunContext> {
  const { servers, missing } = await openStack(services);
  const [first] = missing;
  if (first) throw first;
  return {
    lab: '98-testkit-toy',
    labDir: join(FIXTURES, 'lab'),
    target: join(FIXTURES, 'toy'),
    row: 'toy',
    services,
    servers,
    stateDir: process.env['LABS_STATE'] ?? join(FIXTURES, '../../../..', '.labs'),
    templates: '',
    keepFailed: false,
  };
}
