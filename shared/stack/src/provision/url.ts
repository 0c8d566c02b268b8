import { reason, ServerUnavailable } from '../errors.ts';
import type { Endpoint, ServerDefinition } from '../servers/definition.ts';
import type { ServerAddress } from '../types.ts';

const CHECK_MS = 5000;

/**
 * The server that the user's own variable names, else one that the user has anyway; undefined if
 * there is neither. A wrong value is `SERVER_BROKEN`, and no other way is tried.
 */
export async function openUrl(server: ServerDefinition): Promise<ServerAddress | undefined> {
  const value = process.env[server.variable];
  if (value === undefined || value === '') return findOwn(server);
  const endpoint = parse(server, value);
  try {
    const version = (await server.check(endpoint, CHECK_MS)) ?? 'unknown';
    return { name: server.name, provision: 'url', ...endpoint, version };
  } catch (error) {
    throw new ServerUnavailable(
      'SERVER_BROKEN',
      server.name,
      `${server.variable} (${redact(endpoint.url)}) does not work: ${reason(error)}`,
      `correct ${server.variable}, or let the labs find a server themselves: \`unset ${server.variable}\``,
      error,
    );
  }
}

/** A server that the user has anyway. `LABS_STACK` forbids it: it asks for a server of ours. */
async function findOwn(server: ServerDefinition): Promise<ServerAddress | undefined> {
  if (server.find === undefined || process.env['LABS_STACK']) return undefined;
  const endpoint = await server.find();
  if (endpoint === undefined) return undefined;
  const version = (await server.check(endpoint, CHECK_MS)) ?? 'unknown';
  return { name: server.name, provision: 'url', ...endpoint, version };
}

function parse(server: ServerDefinition, value: string): Endpoint {
  try {
    return server.fromVariable(value);
  } catch (error) {
    throw new ServerUnavailable(
      'SERVER_BROKEN',
      server.name,
      `${server.variable} is malformed: ${reason(error)}`,
      `write it like this: \`export ${server.variable}=${server.example}\``,
      error,
    );
  }
}

/** A URL without its password, for people to read. Lists of `host:port` stay unchanged. */
export function redact(url: string): string {
  return url.replace(/(:\/\/[^:@/]*):[^@/]*@/u, '$1:***@');
}
