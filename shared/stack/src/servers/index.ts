import type { ServerName } from '../types.ts';
import type { ServerDefinition } from './definition.ts';

/** All servers, in the order in which they are listed to people. */
export const SERVER_NAMES: readonly ServerName[] = ['postgres', 'redis', 'rabbitmq', 'kafka'];

/** The definition of one server; its client library is loaded only when it is asked for. */
export async function definition(name: ServerName): Promise<ServerDefinition> {
  switch (name) {
    case 'postgres':
      return (await import('./postgres/definition.ts')).postgres;
    case 'redis':
      return (await import('./redis/definition.ts')).redis;
    case 'rabbitmq':
      return (await import('./rabbitmq/definition.ts')).rabbitmq;
    case 'kafka':
      return (await import('./kafka/definition.ts')).kafka;
    default:
      throw new TypeError(`There is no server ${name}.`);
  }
}
