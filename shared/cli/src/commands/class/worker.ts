import { startWorker } from '@backend-labs/class';
import { queueOf } from '../../class/queue.ts';
import type { Run } from '../../command.ts';
import { EXIT, MachineError } from '../../errors.ts';
import { requireSandbox } from '../../sandbox.ts';
import { onInterrupt } from '../../ui/interrupt.ts';
import { Waiting } from '../../ui/progress-line.ts';
import { clean } from '../../ui/untrusted.ts';

/** Started by a command that has opened the queue, it waits while a killed Redis is started again. */
const QUEUE_STARTS_MS = 30_000;

export const run: Run = async (args, context) => {
  const { url } = await queueOnce(args, context);
  await requireSandbox(context);
  const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();
  using _interrupt = onInterrupt(async () => stop());
  // The command that started it is gone.
  process.once('disconnect', stop);
  await using worker = startWorker({
    root: context.root,
    stateDir: context.stateDir,
    redis: url,
    onEvent: (event) => {
      if (event.type === 'trouble') process.stderr.write(`labs: ${clean(event.message)}\n`);
      else console.log(`${event.type} ${event.job.slice(0, 18)} ${clean(event.lab)}`);
    },
  });
  console.log(`${worker.name} takes jobs. Ctrl-C ends it, once its job is done.`);
  const broken = await Promise.race([stopped, worker.broken]);
  if (broken !== undefined) throw new MachineError(clean(broken));
  return EXIT.green;
};

async function queueOnce(...[args, context]: Parameters<Run>) {
  using waiting = new Waiting('Opening the queue');
  return await queueOf(args, context, waiting.say, process.connected ? QUEUE_STARTS_MS : 0);
}
