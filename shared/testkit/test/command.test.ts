import { expect, test } from 'vitest';
import { parseCommand } from '../src/process/command.ts';

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
