import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { parseCommand } from '../src/command.ts';

test.for([
  ['node src/server.ts', ['node', 'src/server.ts']],
  ['node --import ./otel.ts  --max=64 a.ts', ['node', '--import', './otel.ts', '--max=64', 'a.ts']],
  ['  tsx src/server.ts ', ['tsx', 'src/server.ts']],
] as const)('%s needs no shell', ([script, [file, ...args]]) => {
  expect(parseCommand(script)).toEqual({ file, args });
});

test.for([
  'PORT=1 node src/server.ts',
  'node a.ts && node b.ts',
  "node -e 'process.exit(1)'",
  'node $ENTRY',
  'node a.ts | pino-pretty',
])('%s goes to a shell', (script) => {
  expect(parseCommand(script)).toEqual({ file: 'sh', args: ['-c', script] });
});

test('more arguments reach a plain command as words of their own', () => {
  expect(parseCommand('node a.ts --x', ['b c', '$d'])).toEqual({
    file: 'node',
    args: ['a.ts', '--x', 'b c', '$d'],
  });
});

test('more arguments reach the last command of a shell script as words of their own', () => {
  const { file, args } = parseCommand('A=1 && printf "%s|"', ['b c', '$d']);
  expect(execFileSync(file, args, { encoding: 'utf8' })).toBe('b c|$d|');
});
