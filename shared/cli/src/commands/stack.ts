import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  serverNames,
  stackDown,
  stackLogs,
  stackStatus,
  stackUp,
  type ServerName,
  type ServerStatus,
} from '@backend-labs/stack';
import type { Run } from '../command.ts';
import type { Context } from '../context.ts';
import { EXIT, sentence, UsageError } from '../errors.ts';
import { paint } from '../ui/style.ts';
import { Waiting } from '../ui/progress-line.ts';

/** Of `labs class`, whose queue has a Redis of its own. A take-home has this command and not that package. */
const QUEUE_STATE = 'class-queue';

const ACTIONS = ['up', 'down', 'status', 'logs'] as const;

export const run: Run = async (args, context) => {
  const [action, ...words] = args.positionals;
  const names = words.length > 0 ? words.map(serverNamed) : serverNames();
  switch (action) {
    case 'up':
      return up(names, context, args.on('json'));
    case 'down':
      return down(names, context, args.on('json'));
    case 'status':
      return status(names, context, args.on('json'));
    case 'logs':
      return logs(names, context);
    default:
      throw new UsageError(`Unknown action "${action}". Use one of ${ACTIONS.join(', ')}.`);
  }
};

function serverNamed(word: string): ServerName {
  const names = serverNames();
  if (names.includes(word)) return word;
  throw new UsageError(`There is no server "${word}". There are ${names.join(', ')}.`);
}

async function up(names: readonly ServerName[], context: Context, json: boolean): Promise<number> {
  const { root, stateDir } = context;
  using waiting = new Waiting(`Starting ${names.join(', ')}`);
  const { missing } = await stackUp({ root, stateDir, onProgress: waiting.say }, names);
  waiting[Symbol.dispose]();
  await status(names, context, json);
  for (const { message, fix } of missing)
    process.stderr.write(`labs: ${sentence(message)} ${sentence(fix)}\n`);
  return missing.length > 0 ? EXIT.machine : EXIT.green;
}

async function down(
  names: readonly ServerName[],
  { root, stateDir }: Context,
  json: boolean,
): Promise<number> {
  const options = { root, stateDir };
  const before = json ? [] : (await stackStatus(options)).filter(wasRunning);
  {
    using _waiting = new Waiting(`Stopping ${names.join(', ')}`);
    await stackDown(options, names);
    const queue = join(stateDir, QUEUE_STATE);
    if (existsSync(queue)) await stackDown({ root, stateDir: queue }, names);
  }
  if (json) return EXIT.green;
  // A server that a variable names goes on.
  const after = await stackStatus(options);
  const isDown = (name: ServerName) =>
    after.some((server) => server.name === name && server.state === 'down');
  const stopped = before.map(({ name }) => name).filter(isDown);
  console.log(stopped.length > 0 ? `Stopped: ${stopped.join(', ')}.` : 'Nothing to stop.');
  return EXIT.green;
}

/** It answers, or it is broken and its processes are still there. */
function wasRunning({ state, residentBytes }: ServerStatus): boolean {
  return state === 'up' || (state === 'broken' && residentBytes !== undefined);
}

async function status(
  names: readonly ServerName[],
  context: Context,
  json: boolean,
): Promise<number> {
  const { root, stateDir } = context;
  const all = await stackStatus({ root, stateDir });
  const servers = all.filter(({ name }) => names.includes(name));
  if (json) console.log(JSON.stringify({ servers }, null, 2));
  else for (const server of servers) console.log(renderServer(server));
  return servers.some(({ state }) => state === 'broken') ? EXIT.machine : EXIT.green;
}

function renderServer(server: ServerStatus): string {
  const { name, state, provision, address, version, residentBytes } = server;
  if (state === 'down') return `${name.padEnd(9)} ${paint('dim', 'down')}`;
  if (state === 'broken') {
    return `${name.padEnd(9)} ${paint('red', 'broken')}  ${sentence(server.trouble ?? '')} ${sentence(server.fix ?? '')}`;
  }
  const memory = residentBytes ? `  ${Math.round(residentBytes / 1e6)} MB` : '';
  const shown = paint('green', 'up');
  return `${name.padEnd(9)} ${shown}  ${(version ?? '').padEnd(8)} ${provision?.padEnd(8)} ${address ?? ''}${memory}`;
}

async function logs(names: readonly ServerName[], { root, stateDir }: Context): Promise<number> {
  for (const name of names) {
    const text = await stackLogs(name, { root, stateDir });
    if (names.length > 1) console.log(paint('bold', `== ${name}`));
    process.stdout.write(text.endsWith('\n') || text === '' ? text : `${text}\n`);
  }
  return EXIT.green;
}
