import { ServerUnavailable } from './errors.ts';
import { openCompose } from './provision/compose.ts';
import { openNative } from './provision/native.ts';
import { discoverRecorded } from './provision/recorded.ts';
import { openUrl } from './provision/url.ts';
import { definition } from './servers/index.ts';
import { type Home, resolveHome } from './state.ts';
import type { ServerAddress, ServerName, StackOptions } from './types.ts';

/** What could be had of the servers that were asked for. */
export interface OpenedStack {
  readonly servers: Readonly<Record<ServerName, ServerAddress>>;
  /** One for each server that is not in `servers`, with what is wrong and what fixes it. */
  readonly missing: readonly ServerUnavailable[];
}

/**
 * Finds or starts the named servers, side by side. What cannot be had is told in `missing`;
 * trouble with the state folder is thrown as `StateUnwritable`.
 */
export async function openStack(
  names: readonly ServerName[],
  options: StackOptions = {},
): Promise<OpenedStack> {
  const home = resolveHome(options);
  const servers: Record<ServerName, ServerAddress> = {};
  const missing: ServerUnavailable[] = [];
  await Promise.all(
    [...new Set(names)].map(async (name) => {
      try {
        servers[name] = await openServer(home, name);
      } catch (error) {
        if (!(error instanceof ServerUnavailable)) throw error;
        missing.push(error);
      }
    }),
  );
  return { servers, missing };
}

/** One server by the first way that works: its variable, compose, native. */
async function openServer(home: Home, name: ServerName): Promise<ServerAddress> {
  const server = await definition(name);
  const ways = allowedWays(name);
  const known = (await openUrl(server)) ?? (await discoverRecorded(home, server, ways));
  if (known !== undefined) return known;
  const composed = ways.includes('compose') ? await openCompose(home, server) : undefined;
  if (composed !== undefined) return composed;
  if (ways.includes('native')) return openNative(home, server);
  throw new ServerUnavailable(
    'SERVER_BROKEN',
    name,
    'LABS_STACK=compose is set, and no Docker engine with Compose answers',
    'start Docker, or unset LABS_STACK',
  );
}

/** `LABS_STACK` narrows how servers may be had, for tests of this very code. */
function allowedWays(name: ServerName): readonly ('compose' | 'native')[] {
  const forced = process.env['LABS_STACK'];
  if (forced === undefined || forced === '') return ['compose', 'native'];
  if (forced === 'compose' || forced === 'native') return [forced];
  throw new ServerUnavailable(
    'SERVER_BROKEN',
    name,
    `LABS_STACK is '${forced}', which is no way to have a server`,
    'set it to native or compose, or unset it',
  );
}
