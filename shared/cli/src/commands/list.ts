import { isPassing } from '@backend-labs/workbench';
import { loadProgress } from '../on-bench.ts';
import type { Run } from '../command.ts';
import { readLabs } from '../labs.ts';
import { progressKey } from '../copy.ts';
import { EXIT } from '../errors.ts';
import { paint } from '../ui/style.ts';

export const run: Run = async (args, context) => {
  const catalog = readLabs(context);
  const progress = await loadProgress(context.stateDir);
  const labs = catalog.labs.map((lab) => {
    const key = progressKey(lab, context, undefined);
    const tally = (stretch: boolean) => {
      const tasks = lab.tasks.filter((task) => task.stretch === stretch);
      const passed = tasks.filter((task) => isPassing(progress, lab, task, key)).length;
      return { passed, of: tasks.length };
    };
    return {
      id: lab.id,
      number: lab.number,
      title: lab.title,
      level: lab.level,
      hours: lab.hours,
      servers: lab.servers,
      summary: lab.summary,
      core: tally(false),
      stretch: tally(true),
    };
  });
  if (args.on('json')) {
    process.stdout.write(`${JSON.stringify({ labs }, null, 2)}\n`);
    return EXIT.green;
  }
  const width = Math.max(0, ...labs.map(({ id }) => id.length));
  for (const { id, title, core, stretch, level, hours, servers } of labs) {
    const done = `${core.passed}/${core.of}`;
    const mark = core.passed === core.of ? paint('green', done) : done;
    const more = stretch.of > 0 ? `, stretch ${stretch.passed}/${stretch.of}` : '';
    console.log(`${id.padEnd(width)}  ${mark}  ${title}`);
    console.log(
      paint('dim', `${' '.repeat(width)}       ${level}, ${hours} h, ${servers.join(', ')}${more}`),
    );
  }
  for (const fault of catalog.broken.values()) process.stderr.write(`labs: ${fault.message}\n`);
  return EXIT.green;
};
