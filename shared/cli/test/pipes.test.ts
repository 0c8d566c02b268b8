import { expect, test } from 'vitest';
import { refuseSwallowed } from '../src/command.ts';
import { sentence } from '../src/errors.ts';
import { Labs, outcomeOf } from './support/labs.ts';

test('a reader that closes the pipe early gets no stack trace, and the exit code stays', async () => {
  using labs = new Labs();
  const child = labs.start('--help');
  child.stdout?.destroy();
  const { exit, err } = await outcomeOf(child);
  expect(err).toBe('');
  expect(exit).toBe(0);
});

const flags = { all: { type: 'boolean', help: '' }, task: { type: 'string', help: '' } } as const;
const npm = { npm_command: 'run', npm_lifecycle_event: 'labs' };

test('a flag that npm kept for itself is refused, with the command line that works', () => {
  expect(() => refuseSwallowed({ flags }, ['1'], { ...npm, npm_config_all: 'true' })).toThrow(
    'npm kept --all for itself. Put -- before the words for labs: npm run labs -- …',
  );
  const asTest = { npm_command: 'test', npm_lifecycle_event: 'test', npm_config_task: '3' };
  expect(() => refuseSwallowed({ flags }, [], asTest)).toThrow('npm test -- …');
});

test('a flag that arrived is not refused, and neither are settings of npm itself', () => {
  const kept = { ...npm, npm_config_task: '3', npm_config_loglevel: 'silent' };
  expect(() => {
    refuseSwallowed({ flags }, ['1', '--task=3'], kept);
    refuseSwallowed({ flags }, ['1', '--task', '3'], kept);
    refuseSwallowed({ flags }, ['1'], { npm_config_all: 'true' });
  }).not.toThrow();
});

test('a command keeps its small letter at the start of a sentence', () => {
  expect(sentence('npm run labs -- list')).toBe('npm run labs -- list.');
  expect(sentence('run `npm start`')).toBe('Run `npm start`');
});
