import { join } from 'node:path';
import { findLab } from '@backend-labs/catalog';
import { LauncherError, listenOn, ServiceError } from '@backend-labs/launcher';
import { connectStack } from '@backend-labs/stack';
import { onSave, openLabStack } from '@backend-labs/workbench';
import getPort, { portNumbers } from 'get-port';
import { withBench } from '../on-bench.ts';
import type { Run } from '../command.ts';
import { readLabs } from '../labs.ts';
import { openCopy } from '../copy.ts';
import { EXIT, MachineError, sentence, told, UsageError } from '../errors.ts';
import { onOrphaned } from '../orphan.ts';
import { ServedCopy } from '../serve.ts';
import { exportsTraces } from '../traces/exports-traces.ts';
import { TracePrinter } from '../traces/trace-printer.ts';
import { onInterrupt } from '../ui/interrupt.ts';
import { paint } from '../ui/style.ts';

const HOST = '127.0.0.1';
const DEFAULT_PORT = 8080;
/** Below are ports that only an administrator may open. */
const FIRST_PORT = 1024;
const LAST_PORT = 65_535;

export const run: Run = async (args, context) => {
  const lab = findLab(readLabs(context), args.positionals[0] ?? '');
  const port = args.count('port', DEFAULT_PORT);
  if (port > LAST_PORT) throw new UsageError(`--port must be at most ${LAST_PORT}, not ${port}.`);
  if ((await getPort({ host: HOST, port })) !== port) {
    throw new MachineError(
      `Port ${port} is taken. Choose another with --port N, or end what listens there.`,
    );
  }
  const copy = await openCopy(lab, context, args.text('work'));
  const { servers, missing } = await withBench(
    context,
    `Finding ${lab.servers.join(', ')}`,
    (bench) => openLabStack(bench, lab),
  );
  for (const absent of missing) {
    if (lab.tasks.every(({ servers: named }) => named.includes(absent.server))) throw absent;
    // A part of the lab can do without it.
    console.error(`${sentence(absent.message)} ${sentence(absent.fix)}`);
  }

  await using stack = connectStack(servers);
  await using lease = await stack.lease({
    lab: lab.id,
    servers: lab.servers.filter((name) => servers[name]),
    dataDir: join(lab.dir, 'data'),
  });
  const inspect = args.on('inspect') && { NODE_OPTIONS: '--inspect=127.0.0.1:9229' };
  // Put away after the programs: they export their last spans when they stop.
  await using printer = exportsTraces(copy) ? await TracePrinter.open(process) : undefined;
  const programs = [{ script: 'start', env: { ...listenOn(port), ...inspect, ...printer?.env } }];
  const beside: string[] = [];
  for (const script of args.texts('with')) {
    const own = await nextPort(port);
    programs.push({ script, env: { ...listenOn(own), ...printer?.env } });
    beside.push(
      `npm run ${script} beside it, with PORT=${own}. If it listens elsewhere, it says so`,
    );
  }
  await using served = new ServedCopy({
    run: { target: copy, stateDir: context.stateDir },
    lease,
    programs,
    migrates: lease.postgres !== undefined,
    output: process,
  });
  const ended = Promise.withResolvers<void>();
  using _interrupt = onInterrupt(async () => ended.resolve());
  using _orphan = onOrphaned(ended.resolve);
  const started = served.restart().catch((error: unknown) => {
    throw asCommandError(error);
  });
  const stopped = await Promise.race([started, ended.promise.then(() => true)]);
  if (stopped) return EXIT.green;
  await using _saves = await onSave(copy, () => {
    // The next save may fix it.
    served.restart().catch((error: unknown) => {
      console.error(`labs: ${told(asCommandError(error)).line}`);
    });
  });

  const url = `http://${HOST}:${port}`;
  console.log(paint('bold', `${lab.id} on ${url}`));
  for (const [name, value] of Object.entries(lease.env)) console.log(`  ${name}=${value}`);
  for (const line of beside) console.log(`  ${line}`);
  if (printer) console.log('  Each finished trace is printed here.');
  for (const command of lab.try) console.log(`  ${command.replaceAll('$URL', url)}`);
  console.log(paint('dim', 'Save a file and it restarts. Ctrl-C ends it.'));
  await ended.promise;
  return EXIT.green;
};

/** Another free port at each call: the next above that one, or any if there is none. */
function nextPort(port: number): Promise<number> {
  const from = Math.min(Math.max(port + 1, FIRST_PORT), LAST_PORT);
  return getPort({ host: HOST, port: portNumbers(from, LAST_PORT) });
}

/** The learner can fix a fault in package.json or its scripts: it is not a fault of the command. */
function asCommandError(cause: unknown): unknown {
  if (cause instanceof ServiceError) return new UsageError(cause.message, { cause });
  if (cause instanceof LauncherError) {
    return new MachineError(`${sentence(cause.message)} ${sentence(cause.fix)}`, { cause });
  }
  return cause;
}
