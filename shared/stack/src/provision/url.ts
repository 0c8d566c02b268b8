import { reason, ServerUnavailable } from '../errors.ts';
import type { Endpoint, ServerDefinition } from '../servers/definition.ts';
import type { ServerAddress } from '../types.ts';

const CHECK_MS = 5000;

/**
 * The server that the user's own variable names, or undefined if it is not set.
 * A wrong value is `SERVER_BROKEN`, and no other way is tried.
 */
export async function openUrl(server: ServerDefinition): Promise<ServerAddress | undefined> {
  const value = process.env[server.variable];
  if (value === undefined || value === '') return undefined;
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
