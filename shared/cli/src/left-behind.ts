import type { Lab } from '@backend-labs/catalog';
import { connectStack, openStack } from '@backend-labs/stack';
import type { Context } from './context.ts';

/**
 * URL of the newest database that a failed run of a lab left behind.
 *
 * @throws ServerUnavailable when there is no Postgres to ask.
 */
export async function leftBehindUrl(context: Context, lab: Lab): Promise<string | undefined> {
  const { root, stateDir } = context;
  const { servers, missing } = await openStack(['postgres'], { root, stateDir });
  for (const absent of missing) throw absent;
  await using stack = connectStack(servers);
  const postgres = await stack.of('postgres');
  return (await postgres.leftBehind(lab.id))?.url;
}
