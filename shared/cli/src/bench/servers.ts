import { openStack, serverNames, stackDown, stackStatus } from '@backend-labs/stack';
import type { Context } from '../context.ts';
import { MachineError } from '../errors.ts';
import { type BenchRow, median, sampled, shown, timed } from './sample.ts';

/** All servers: the time to start them from cold, and the time to find them again. Stops running ones. */
export async function benchServers({ root, stateDir }: Context, runs: number): Promise<BenchRow[]> {
  const options = { root, stateDir };
  await openAll();
  const cold = await sampled(Math.min(runs, 3), async () => {
    await stackDown(options);
    return timed(openAll);
  });
  const statuses = await stackStatus(options);
  const megabytes = statuses.reduce((sum, { residentBytes = 0 }) => sum + residentBytes, 0) / 1e6;
  const warm = await sampled(runs, () => timed(openAll));
  return [
    {
      what: 'all servers up from cold, in parallel',
      bar: '<= 10 s',
      measured: shown(median(cold)),
      holds: median(cold) <= 10_000,
      samples: cold,
    },
    {
      what: 'all servers resident (MB)',
      bar: '< 700 MB',
      measured: `${Math.round(megabytes)} MB`,
      holds: megabytes > 0 && megabytes < 700,
      samples: [megabytes],
    },
    {
      what: 'warm openStack of all servers',
      bar: '< 150 ms',
      measured: shown(median(warm)),
      holds: median(warm) < 150,
      samples: warm,
    },
  ];

  async function openAll(): Promise<void> {
    const { missing } = await openStack(serverNames(), options);
    const [first] = missing;
    if (first)
      throw new MachineError(`The bench needs all servers. ${first.message}`, {
        cause: first,
      });
  }
}
