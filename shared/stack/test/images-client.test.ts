import { expect, test } from 'vitest';
import { engineOutput } from '../src/servers/images/client.ts';

const shell = { kind: 'docker', file: 'sh', args: ['-c'], env: {} } as const;

test('an engine’s command that takes too long is ended, and its output says so', async () => {
  expect(await engineOutput(shell, ['echo step 1; exec sleep 60'], 500)).toEqual({
    code: 1,
    text: 'step 1\n\nIt had not ended after 0.5 s.\n',
  });
});

test('the exit code of an engine’s command is its own', async () => {
  expect(await engineOutput(shell, ['echo step 1 >&2; exit 7'], 10_000)).toEqual({
    code: 7,
    text: 'step 1\n',
  });
});
