import { pathToFileURL } from 'node:url';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { Labs } from './support/labs.ts';

const ONLY_MEMO = resolve(import.meta.dirname, '../../stack/test/fixtures/only-memo.ts');

/** The command with a registry of one line: a kind of server that it has never heard of. */
function labs(): Labs {
  return new Labs({
    NODE_OPTIONS: `--import=${pathToFileURL(ONLY_MEMO).href}`,
    LABS_STACK: 'native',
  });
}

test('stack starts, lists and stops the servers of the registry', async () => {
  using command = labs();
  const down = await command.run('stack', 'status');
  expect(down).toMatchObject({ exit: 0, out: 'memo      down\n' });
  try {
    const up = await command.run('stack', 'up', 'memo');
    expect(up.exit).toBe(0);
    expect(up.out).toMatch(/^memo +up +1\.0 +native +memo:\/\/:\*\*\*@127\.0\.0\.1:\d+ /u);
  } finally {
    expect(await command.run('stack', 'down')).toMatchObject({ exit: 0, out: 'Stopped: memo.\n' });
  }
  expect((await command.run('stack', 'down')).out).toBe('Nothing to stop.\n');
  expect((await command.run('stack', 'down', '--json')).out).toBe('');
  const { err } = await command.run('stack', 'up', 'redis');
  expect(err).toContain('There is no server "redis". There are memo.');
});

test('doctor looks at the servers of the registry', async () => {
  using command = labs();
  try {
    const { out } = await command.run('doctor', '--json');
    const { findings } = JSON.parse(out) as { findings: { subject: string; says: string }[] };
    expect(findings).toContainEqual({ subject: 'memo', sound: true, says: '1.0, by native' });
    expect(findings.map(({ subject }) => subject)).not.toContain('redis');
    expect(findings.find(({ subject }) => subject === '01-query-plans')?.says).toBe(
      'NOT RUN without postgres',
    );
  } finally {
    await command.run('stack', 'down');
  }
});
