import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Labs } from './support/labs.ts';

interface Recorded {
  readonly labs: Record<string, { tasks: Record<string, { attempts: number }> } | undefined>;
}

async function attempts(labs: Labs): Promise<Record<string, number[]>> {
  const { out } = await labs.run('progress', '--json');
  const recorded = Object.entries((JSON.parse(out) as Recorded).labs);
  return Object.fromEntries(
    recorded.map(([lab, found]) => [
      lab.split('@')[0] === lab ? lab : 'another copy',
      Object.values(found?.tasks ?? {}).map((task) => task.attempts),
    ]),
  );
}

test('another copy leaves the progress of the usual one as it is, even when it is new', async () => {
  using labs = await Labs.onPostgres();
  await labs.run('test', '2', '1');
  const usual = { '02-pagination-versioning': [1] };
  expect(await attempts(labs)).toEqual(usual);
  const other = join(labs.home, 'other');
  mkdirSync(other);
  await labs.run('test', '2', '1', '--work', other);
  await labs.run('reset', '2', '--work', other);
  expect(await attempts(labs)).toEqual({ ...usual, 'another copy': [1] });
});

test('a run whose files changed meanwhile, as by a reset, is not recorded', async () => {
  using labs = await Labs.onPostgres();
  await labs.run('reset', '2');
  const copy = join(labs.work, '02-pagination-versioning');
  const server = join(copy, 'src/server.ts');
  // The service itself does it, so it happens in the middle of the run.
  const change = `import { appendFileSync } from 'node:fs'; appendFileSync('src/app.ts', ' ');`;
  writeFileSync(server, `${change}\n${readFileSync(server, 'utf8')}`);
  const { exit, err } = await labs.run('test', '2', '1');
  expect(exit).toBe(1);
  expect(err).toContain('Your files changed during the run, so it is not recorded.');
  expect(await attempts(labs)).toEqual({});
});
