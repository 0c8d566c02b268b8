import { setTimeout as sleep } from 'node:timers/promises';
import { type ClassRecord, readClass } from '@backend-labs/class';
import { classDir, only } from '../../class/arguments.ts';
import { jsonOf } from '../../class/show.ts';
import { statusTable } from '../../class/table.ts';
import type { Run } from '../../command.ts';
import { EXIT, UsageError } from '../../errors.ts';
import { onInterrupt } from '../../ui/interrupt.ts';

const EVERY_MS = 1000;

export const run: Run = async (args, context) => {
  const read = () => readClass(classDir(args, context), only(args));
  if (args.on('watch')) return watch(read);
  const records = await read();
  if (args.on('json')) console.log(JSON.stringify({ records: records.map(jsonOf) }, undefined, 2));
  else console.log(statusTable(records));
  return EXIT.green;
};

/** Draws it again when it has changed. */
async function watch(read: () => Promise<ClassRecord[]>): Promise<number> {
  const { stdout } = process;
  if (!stdout.isTTY) throw new UsageError('--watch needs a terminal. Leave it out, or use --json.');
  const stop = new AbortController();
  using interrupt = onInterrupt(async () => stop.abort());
  let shown = '';
  while (!interrupt.isInterrupted) {
    const table = statusTable(await read());
    if (table !== shown) stdout.write(`\x1b[2J\x1b[H${table}\n\nCtrl-C ends this.\n`);
    shown = table;
    await sleep(EVERY_MS, undefined, { signal: stop.signal }).catch(() => {});
  }
  return EXIT.green;
}
