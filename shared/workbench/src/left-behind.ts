import type { Lab } from '@backend-labs/catalog';
import { connectStack, openStack } from '@backend-labs/stack';
import type { Bench } from './bench.ts';

/**
 * URL of the newest database that a failed run of a lab left behind.
 *
 * @throws ServerUnavailable if Postgres is not available.
 */
export async function leftBehindUrl(
  { root, stateDir }: Bench,
  lab: Lab,
): Promise<string | undefined> {
  const { servers, missing } = await openStack(['postgres'], { root, stateDir });
  for (const absent of missing) throw absent;
  await using stack = connectStack(servers);
  const postgres = await stack.of('postgres');
  return (await postgres.leftBehind(lab.id))?.url;
}
