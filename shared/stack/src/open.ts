import { ServerUnavailable } from './errors.ts';
import { openCompose } from './provision/compose.ts';
import { openNative } from './provision/native.ts';
import { findRecorded } from './provision/recorded.ts';
import { openUrl } from './provision/url.ts';
import type { ServerDefinition } from './servers/definition.ts';
import { definition } from './servers/registry.ts';
import { type StackContext, resolveContext } from './state.ts';
import type { ServerAddress, ServerName, StackOptions } from './types.ts';

/** The servers that were asked for: those that are live, and those that are not. */
export interface OpenedStack {
  readonly servers: Readonly<Record<ServerName, ServerAddress>>;
  /** One error for each server that is not in `servers`: what is wrong and what fixes it. */
  readonly missing: readonly ServerUnavailable[];
}

/**
 * Finds or starts the named servers, in parallel. Those that are absent or broken are in `missing`.
 * Throws `StateUnwritable`, and `SERVER_UNKNOWN` for a name that is not in the registry.
 */
export async function openStack(
  names: readonly ServerName[],
  options: StackOptions = {},
): Promise<OpenedStack> {
  const context = resolveContext(options);
  const servers: Record<ServerName, ServerAddress> = {};
  const missing: ServerUnavailable[] = [];
  await Promise.all(
    [...new Set(names)].map(async (name) => {
      try {
        servers[name] = await openServer(context, name, options.prepare ?? true);
      } catch (error) {
        if (!(error instanceof ServerUnavailable)) throw error;
        missing.push(error);
      }
    }),
  );
  return { servers, missing };
}

/** One server by the first way that works; `prepare`: in order for its leases. */
async function openServer(
  context: StackContext,
  name: ServerName,
  prepare: boolean,
): Promise<ServerAddress> {
  const server = await definition(name);
  const address = await provide(context, server);
  if (prepare) await server.opened?.(context, address);
  return address;
}

/** The first way that works: its variable, compose, native. */
async function provide(context: StackContext, server: ServerDefinition): Promise<ServerAddress> {
  const { name } = server;
  const ways = allowedWays(name);
  const known = (await openUrl(server)) ?? (await findRecorded(context, server, ways));
  if (known !== undefined) return known;
  const composed = ways.includes('compose') ? await composeOr(context, server, ways) : undefined;
  if (composed instanceof ServerUnavailable) return nativeAfter(context, server, composed);
  if (composed !== undefined) return composed;
  if (ways.includes('native')) return openNative(context, server);
  throw new ServerUnavailable(
    'SERVER_BROKEN',
    name,
    `LABS_STACK=compose is set, and Docker Compose cannot provide ${name} here`,
    'start Docker, or run `unset LABS_STACK`',
  );
}

/** The server of Docker Compose, or why it has none if there is another way. */
async function composeOr(
  context: StackContext,
  server: ServerDefinition,
  ways: readonly string[],
): Promise<ServerAddress | ServerUnavailable | undefined> {
  try {
    return await openCompose(context, server);
  } catch (error) {
    if (error instanceof ServerUnavailable && ways.includes('native')) return error;
    throw error;
  }
}

/** For example, an engine answers that has no network to pull an image. */
async function nativeAfter(
  context: StackContext,
  server: ServerDefinition,
  trouble: ServerUnavailable,
): Promise<ServerAddress> {
  context.progress(`${trouble.message}; trying without Docker`);
  try {
    return await openNative(context, server);
  } catch (error) {
    if (!(error instanceof ServerUnavailable)) throw error;
    const message = `${trouble.message}; without Docker: ${error.message}`;
    throw new ServerUnavailable(error.code, server.name, message, error.fix, error);
  }
}

/** The ways that `LABS_STACK` allows; it exists for the tests of the stack. */
function allowedWays(name: ServerName): readonly ('compose' | 'native')[] {
  const forced = process.env['LABS_STACK'];
  if (forced === undefined || forced === '') return ['compose', 'native'];
  if (forced === 'compose' || forced === 'native') return [forced];
  throw new ServerUnavailable(
    'SERVER_BROKEN',
    name,
    `LABS_STACK is '${forced}'; it must be 'native' or 'compose'`,
    'correct it, or run `unset LABS_STACK`',
  );
}
