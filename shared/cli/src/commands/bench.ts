import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { join, resolve } from 'node:path';
import { findLab, findTask, readCatalog, solutionsOf, type Lab } from '@backend-labs/catalog';
import { verify } from '@backend-labs/runner';
import { openStack } from '@backend-labs/stack';
import { benchRows } from '../bench/rows.ts';
import { type BenchRow, shown } from '../bench/sample.ts';
import { benchSandbox } from '../bench/sandbox.ts';
import { benchServers } from '../bench/servers.ts';
import { soak } from '../bench/soak/soak.ts';
import { benchWatch } from '../bench/watching.ts';
import type { Run } from '../command.ts';
import { shownPath, type Context } from '../context.ts';
import { EXIT, MachineError } from '../errors.ts';

export const run: Run = async (args, context) => {
  const { root, stateDir } = context;
  const runs = args.count('runs', 15);
  const rows: BenchRow[] = [];
  const add = (...more: BenchRow[]) => {
    rows.push(...more);
    for (const row of more) console.log(renderRow(row));
  };

  const catalog = readCatalog(root);
  if (args.text('soak') !== undefined) {
    const soaked = {
      lab: findLab(catalog, '06-cache-invalidation'),
      task: 1,
      misconception: 'basket-under-its-url',
      file: 'src/get-basket.ts',
    };
    add(await soak(context, soaked, args.count('soak', 60)));
    return rows.every(({ holds }) => holds) ? EXIT.green : EXIT.red;
  }

  add(...(await benchServers(context, runs)));
  const { servers, missing } = await openStack(['postgres'], { root, stateDir });
  const { postgres } = servers;
  if (!postgres) throw missing[0] ?? new MachineError('The bench wants Postgres.');

  const heavy = findLab(catalog, '01-query-plans');
  const light = findLab(catalog, '02-pagination-versioning');
  add(
    ...(await benchWatch(context, postgres, runs, {
      what: 'light lab',
      lab: light,
      overlay: reference(light),
      task: findTask(light, 'cursors'),
      saves: 'src/app.ts',
      check: { path: '/healthz', status: 200 },
      most: { failing: 500, verdict: 1000 },
      beside: 200,
      share: 1 / 5,
    })),
  );
  add(
    ...(await benchWatch(context, postgres, runs, {
      what: '1,000,000 rows',
      lab: heavy,
      overlay: reference(heavy),
      task: findTask(heavy, '2'),
      saves: 'src/orders.ts',
      check: { path: '/healthz', status: 200 },
      most: { failing: 700, verdict: 2500 },
    })),
  );
  add(await benchVerify(context, heavy));
  for (const lab of [heavy, findLab(catalog, '07-idempotent-retries')]) {
    add(...(await benchSandbox(context, lab, reference(lab), Math.min(runs, 5))));
  }
  add(...(await benchRows(context, readCatalog(root).labs)));

  const file = args.text('out')
    ? resolve(context.cwd, args.text('out') ?? '')
    : join(stateDir, 'bench.json');
  const machine = {
    cores: availableParallelism(),
    cpu: cpus()[0]?.model,
    node: process.version,
    // Others that work at the same time make every figure but those of the CPU time larger.
    load: loadavg(),
  };
  writeFileSync(
    file,
    `${JSON.stringify({ at: new Date().toISOString(), machine, rows }, null, 2)}\n`,
  );
  console.log(`\nWritten to ${shownPath(file, context)}.`);
  return rows.every(({ holds }) => holds) ? EXIT.green : EXIT.red;
};

async function benchVerify(context: Context, lab: Lab): Promise<BenchRow> {
  const { root, stateDir } = context;
  const stack = await openStack(lab.servers, { root, stateDir });
  const report = await verify({ root, stateDir, lab, stack, repeat: 1 });
  const cells = report.rows.reduce((sum, row) => sum + row.cells.length, 0);
  const perMinute = cells / (report.duration / 60_000);
  return {
    what: `verify ${lab.id}, cells per minute`,
    bar: '>= 120',
    measured: `${Math.round(perMinute)} (${cells} cells in ${shown(report.duration)})`,
    holds: perMinute >= 120 && report.cells.failed === 0,
    samples: [perMinute],
  };
}

function reference(lab: Lab) {
  const [solution] = solutionsOf(lab);
  if (!solution) throw new MachineError(`${lab.id} has no solution to measure.`);
  return solution;
}

function renderRow({ what, bar, measured, naive, holds }: BenchRow): string {
  const beside = naive ? `  naive ${naive}` : '';
  return `${holds ? '✓' : '✗'} ${what.padEnd(46)} ${bar.padEnd(32)} ${measured}${beside}`;
}
