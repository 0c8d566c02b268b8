import { StackError } from '../errors.ts';
import type { ServerName } from '../types.ts';
import type { ServerDefinition } from './definition.ts';

/**
 * Every kind of server, in the order in which people see them; a kind is loaded when somebody asks
 * for it. There is no other list: to add a kind, add its folder and its line here.
 */
export const SERVERS = new Map<ServerName, () => Promise<{ server: ServerDefinition }>>([
  ['postgres', () => import('./postgres/definition.ts')],
  ['redis', () => import('./redis/definition.ts')],
  ['rabbitmq', () => import('./rabbitmq/definition.ts')],
  ['kafka', () => import('./kafka/definition.ts')],
  ['images', () => import('./images/definition.ts')],
]);

/** The names of all kinds, in that order. */
export function serverNames(): readonly ServerName[] {
  return [...SERVERS.keys()];
}

/** The definition of one kind. Throws `SERVER_UNKNOWN`. */
export async function definition(name: ServerName): Promise<ServerDefinition> {
  const load = SERVERS.get(name);
  if (load !== undefined) return (await load()).server;
  throw new StackError(
    'SERVER_UNKNOWN',
    `there is no server "${name}"`,
    `use one of ${serverNames().join(', ')}`,
  );
}
