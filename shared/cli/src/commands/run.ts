import { join } from 'node:path';
import { findLab, readCatalog } from '@backend-labs/catalog';
import { connectStack } from '@backend-labs/stack';
import { onSave, openLabStack } from '@backend-labs/workbench';
import { withBench } from '../on-bench.ts';
import type { Run } from '../command.ts';
import { openCopy } from '../copy.ts';
import { EXIT, MachineError, sentence, told } from '../errors.ts';
import { freePort, isPortFree, ServedCopy } from '../serve.ts';
import { onInterrupt } from '../ui/interrupt.ts';
import { paint } from '../ui/style.ts';

const DEFAULT_PORT = 8080;

export const run: Run = async (args, context) => {
  const lab = findLab(readCatalog(context.root), args.positionals[0] ?? '');
  const port = args.count('port', DEFAULT_PORT);
  if (!(await isPortFree(port))) {
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
  const env = { ...lease.env, HOST: '127.0.0.1' };
  const inspect = args.on('inspect') && { NODE_OPTIONS: '--inspect=127.0.0.1:9229' };
  const programs = [{ script: 'start', env: { PORT: String(port), ...inspect } }];
  let last = port;
  for (const script of args.texts('with')) {
    last = await freePort(last + 1);
    programs.push({ script, env: { PORT: String(last) } });
  }
  await using served = new ServedCopy(copy, env, programs);
  const ended = Promise.withResolvers<void>();
  using _interrupt = onInterrupt(async () => ended.resolve());
  await served.restart();
  await using _saves = await onSave(copy, () => {
    // The next save may fix it.
    served.restart().catch((error: unknown) => console.error(`labs: ${told(error).line}`));
  });

  const url = `http://127.0.0.1:${port}`;
  console.log(paint('bold', `${lab.id} on ${url}`));
  for (const [name, value] of Object.entries(lease.env)) console.log(`  ${name}=${value}`);
  for (const { script, env: own } of programs.slice(1)) {
    console.log(`  npm run ${script} beside it, with PORT=${own.PORT}`);
  }
  for (const command of lab.try) console.log(`  ${command.replaceAll('$URL', url)}`);
  console.log(paint('dim', 'Save a file and it restarts. Ctrl-C ends it.'));
  await ended.promise;
  return EXIT.green;
};
