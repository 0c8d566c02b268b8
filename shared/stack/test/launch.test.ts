import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { identified } from '../src/provision/launch.ts';

test('a server that ended before it was looked at is told with what it wrote', async () => {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  const tail = async () => 'starting\nFATAL: the port 5432: address already in use\n';
  await expect(identified(child.pid, tail)).rejects.toMatchObject({
    name: 'StartFailed',
    kind: 'port-taken',
    message: 'FATAL: the port 5432: address already in use',
  });
  await expect(identified(process.pid, tail)).resolves.toMatchObject({ pid: process.pid });
});
